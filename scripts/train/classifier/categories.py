"""Task categories: k-means over the vectors of public prompts and our own tasks, started from the kinds of our tasks.

The start gives each cluster its name; a few rounds move it to where the prompts are. More rounds would let the exams, which
are many and alike, pull the clusters to themselves.
"""

import numpy as np

from data import TASKS, trained

# Name: kinds of our own tasks whose mean is the start.
KINDS = {
    "small_talk": ["greeting", "followup", "roleplay_support"],
    "general_knowledge": ["simple_fact", "obscure_fact", "multihop", "history_essay"],
    "explanation": ["definition", "explain_beginner"],
    "translation": ["translation", "translation_idiomatic"],
    "non_english": ["non_english"],
    "summary": ["summarise", "rag"],
    "writing": ["email", "rewrite_tone", "grammar_fix"],
    "marketing": ["product_copy", "title"],
    "creative_writing": ["constrained_writing", "long_constraints", "joke"],
    "extraction": ["extract_json", "strict_format", "table_transform"],
    "labelling": ["classify", "multilabel"],
    "word_problems": ["word_problem", "arithmetic", "unit_conversion"],
    "mathematics": ["algebra", "calculus", "competition_math", "proof", "geometry"],
    "statistics": ["probability", "statistics"],
    "puzzles": ["riddle", "logic_grid", "commonsense", "games"],
    "physics": ["physics"],
    "chemistry": ["chemistry"],
    "natural_science": ["mc_easy", "mc_grad"],
    "code": ["code_oneliner", "code_function", "regex", "refactor", "code_review", "explain_code", "debug"],
    "algorithms": ["algorithm", "ds_proof", "concurrency"],
    "databases": ["sql_simple", "sql_complex"],
    "operations": ["shell", "system_design", "agent_plan"],
    "medicine": ["medical"],
    "law": ["legal"],
    "finance": ["finance", "tax"],
    "business": ["business_case", "negotiation"],
    "planning": ["datetime", "scheduling", "travel", "brainstorm"],
    "philosophy": ["philosophy", "ethics", "literature"],
}
ROUNDS = 3
PROMPTS_PER_SOURCE = 1000
SEED = 0
# A category's mean loss is pulled to its source's as if it had this many rows of that mean.
PULL = 50.0


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def find(rows, inputs):
    """Centroids `[categories, 384]` of length 1, in the order of `KINDS`. Our tasks weigh as much as all public prompts."""
    random = np.random.default_rng(SEED)
    tasks = rows.pairs[TASKS]
    public = [rows.pairs[name].text for name, share in trained().items() if name != TASKS]
    public = np.unique(np.concatenate([random.permutation(text)[:PROMPTS_PER_SOURCE] for text in public]))
    own = inputs.final[tasks.text]
    every = np.concatenate([inputs.final[public], own])
    weight = np.concatenate([np.full(len(public), 1 / len(public)), np.full(len(own), 1 / len(own))])
    centroids = unit(np.array([own[np.isin(tasks.category, kinds)].mean(0) for kinds in KINDS.values()]))
    for _ in range(ROUNDS):
        nearest = (every @ centroids.T).argmax(1)
        centroids = unit(np.array([weight[nearest == c] @ every[nearest == c] for c in range(len(centroids))]))
    return centroids.astype(np.float32)


def losses(rows, inputs, centroids):
    """Mean label of each category: its deviation from the mean of the source, over balanced sources, on top of the mean of
    all. Which source a prompt is from does not count, only how it differs from others there."""
    shares = trained()
    total = sum(shares.values())
    mean = sum(share * rows.pairs[name].label.mean() for name, share in shares.items()) / total
    deviation, mass = np.zeros(len(centroids)), np.full(len(centroids), PULL)
    for name, share in shares.items():
        pair = rows.pairs[name]
        nearest = (inputs.final[pair.text] @ centroids.T).argmax(1)
        weight = share * len(shares) / total * np.minimum(1, PROMPTS_PER_SOURCE / len(pair.text))
        deviation += weight * np.bincount(nearest, pair.label - pair.label.mean(), len(centroids))
        mass += weight * np.bincount(nearest, minlength=len(centroids))
    return np.clip(mean + deviation / mass, 0, 1)


def table(rows, inputs, centroids, loss):
    """Lines for the card: how many prompts fall where, and which of our kinds do."""
    tasks = rows.pairs[TASKS]
    own = (inputs.final[tasks.text] @ centroids.T).argmax(1)
    public = [(inputs.final[rows.pairs[name].text] @ centroids.T).argmax(1) for name in trained() if name != TASKS]
    public = np.concatenate(public)
    for index, name in enumerate(KINDS):
        kinds, counts = np.unique(tasks.category[own == index], return_counts=True)
        most = ", ".join(kinds[np.argsort(-counts, kind="stable")][:4])
        yield name, float(loss[index]), int((public == index).sum()), int((own == index).sum()), most
