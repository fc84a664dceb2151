"""Made-up texts on which the Rust classifier must agree with this script. Those of `OBVIOUS` and the first few others keep
their vector."""

import json

import numpy as np
from scipy.special import expit

import encoder
import inputs
from inputs import CLIP

# The category that each must land in.
OBVIOUS = {
    "Good evening! How has your day been?": "small_talk",
    "Translate 'good morning' into Danish.": "translation",
    "¿Cuál es la capital de Australia y por qué no es Sídney?": "non_english",
    "Write an email to my landlord asking politely for the deposit back.": "writing",
    "Write a short poem about a kettle that dreams of the sea.": "creative_writing",
    "Is this review positive, negative or neutral? 'The soup was cold but the staff were lovely.'": "labelling",
    "A shop sells 12 crates of 24 bottles at $1.75 each and keeps 15% as a fee. How much is paid out?": "word_problems",
    "Prove that the sum of two odd integers is even, step by step, and explain why the converse fails.": "mathematics",
    "What is the standard deviation of a sample, and how does it differ from the standard error of the mean?": "statistics",
    "Balance the equation for the combustion of propane and give the moles of water formed.": "chemistry",
    "Write a Python function that removes duplicate lines from a file.": "code",
    "SELECT name FROM staff WHERE age > 40;\nRewrite this query so that it also counts each name.": "databases",
    "What are the side effects of ibuprofen, and can it be taken with aspirin?": "medicine",
    "Can my employer enforce a non-compete clause after dismissing me without notice?": "law",
    "How is capital gains tax worked out when I sell shares at a loss?": "finance",
}
WITH_VECTOR = 3
TEXTS = [
    "What is the tallest lighthouse on the coast of Brittany?",
    "def total(prices):\n    return sum(prices)\n\nWhy does this return 0 for a generator that was read before?",
    "Name three rivers that do not reach the sea.",
    "",
    "hi",
    "Let $f(x) = x^3 - 4x + 1$. Find all real roots of $f'(x) = 0$ and say which is a maximum.",
    "Which metal conducts heat best?\nA. Iron\nB. Copper\nC. Lead\nD. Tin\nAnswer:",
    "Pick one: (A) only I (B) only II (C) both (D) neither. I. Every prime is odd. II. No square is negative.",
    "Summarize the following memo in two sentences:\n- The lift is out of order until Friday.\n- Use the stairs.\n- Deliveries go to the back door.",
    "Implement an LRU cache in Rust without unsafe code; it must never hold more than n entries.",
    "東京と大阪の距離はどのくらいですか？",
    "WHY IS MY ORDER LATE???",
    "If 3 machines make 3 parts in 3 minutes, how many minutes do 100 machines need for 100 parts? Assume equal speed.",
    "Compare the advantages of a heat pump and a gas boiler for an old stone house, unless insulation comes first.",
    "x = 4\ny = x ** 2\nprint(y)\nWhat is printed?",
    "Fill in the blank: The cat sat ____ the mat.",
]


def write(path, weights, folder):
    texts = [*OBVIOUS, *TEXTS]
    _, features = inputs.text_features(texts)
    vectors = encoder.vectors_of(texts[: len(OBVIOUS) + WITH_VECTOR], folder)[:, 1]
    cases = []
    for at, (text, values) in enumerate(zip(texts, features)):
        case = {"text": text, "text_only": round(predict(weights, values, None), 7)}
        if at < len(vectors):
            case["embedding"] = [round(float(v), 4) for v in vectors[at]]
            case["full"] = round(predict(weights, values, case["embedding"]), 7)
            found = nearest(weights, case["embedding"])
            case["category"] = OBVIOUS.get(text, found)
            if case["category"] != found:
                print(f"lands in {found}, not in {case['category']}: {text}")
        cases.append(json.dumps(case, ensure_ascii=False))
    path.write_text("[\n" + ",\n".join(cases) + "\n]\n")


def predict(weights, features, vector):
    """The same sum as `Classifier::classify`."""
    head = weights["full"] if vector is not None else weights["text_only"]
    log_odds = head["bias"] - head["embedding_centre"]
    for value, scale, weight in zip(features, weights["features"], head["features"]):
        log_odds += weight * np.clip((value - scale["mean"]) / scale["scale"], -CLIP, CLIP)
    if vector is not None:
        log_odds += float(np.dot(head["embedding"], vector))
    return float(expit(log_odds))


def nearest(weights, vector):
    return max(weights["categories"], key=lambda category: np.dot(category["centroid"], vector))["name"]
