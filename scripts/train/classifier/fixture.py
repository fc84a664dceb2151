"""Made-up texts on which the Rust classifier must agree with this script; the first `WITH_EMBEDDING` keep their vector."""

WITH_EMBEDDING = 3
TEXTS = [
    "What is the tallest lighthouse on the coast of Brittany?",
    "Prove that the sum of two odd integers is even, step by step, and explain why the converse fails.",
    "def total(prices):\n    return sum(prices)\n\nWhy does this return 0 for a generator that was read before?",
    "",
    "hi",
    "Translate 'good morning' into Danish.",
    "Write a short poem about a kettle that dreams of the sea.",
    "A shop sells 12 crates of 24 bottles at $1.75 each and keeps 15% as a fee. How much is paid out?",
    "Let $f(x) = x^3 - 4x + 1$. Find all real roots of $f'(x) = 0$ and say which is a maximum.",
    "Which metal conducts heat best?\nA. Iron\nB. Copper\nC. Lead\nD. Tin\nAnswer:",
    "Pick one: (A) only I (B) only II (C) both (D) neither. I. Every prime is odd. II. No square is negative.",
    "Summarize the following memo in two sentences:\n- The lift is out of order until Friday.\n- Use the stairs.\n- Deliveries go to the back door.",
    "SELECT name FROM staff WHERE age > 40;\nRewrite this query so that it also counts each name.",
    "Implement an LRU cache in Rust without unsafe code; it must never hold more than n entries.",
    "¿Cuál es la capital de Australia y por qué no es Sídney?",
    "東京と大阪の距離はどのくらいですか？",
    "WHY IS MY ORDER LATE???",
    "Name three rivers that do not reach the sea.",
    "If 3 machines make 3 parts in 3 minutes, how many minutes do 100 machines need for 100 parts? Assume equal speed.",
    "Compare the advantages of a heat pump and a gas boiler for an old stone house, unless insulation comes first.",
    "x = 4\ny = x ** 2\nprint(y)\nWhat is printed?",
    "Fill in the blank: The cat sat ____ the mat.",
]
