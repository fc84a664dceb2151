"""Writes the measured figures into the model card, between two marks."""

BEGIN, END = "<!-- figures: written by train.py -->", "<!-- end of figures -->"
AIMS = (0.99, 0.97, 0.95, 0.9)


def write(path, results, curves):
    text = path.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    path.write_text(before + BEGIN + "\n\n" + tables(results, curves) + "\n" + END + after)


def tables(results, curves):
    lines = []
    for measure, title in (("auc", "AUC"), ("apgr", "APGR"), ("ece", "ECE")):
        methods = [method for method in results if measure in next(iter(results[method].values()))]
        lines += [f"**{title}**, 95 % bootstrap intervals over questions", ""]
        lines += ["| source | " + " | ".join(methods) + " |", "|---" * (len(methods) + 1) + "|"]
        for source in results[methods[0]]:
            cells = ["{:.2f} [{:.2f}, {:.2f}]".format(*results[method][source][measure]) for method in methods]
            lines.append(f"| {source} | " + " | ".join(cells) + " |")
        lines.append("")
    lines += ["**Rows and label**: rows after de-duplication and sampling, and the mean of the label", ""]
    lines += ["| source | rows | within 256 tokens | mean label |", "|---|---|---|---|"]
    for source, found in results["length only"].items():
        within = results["full, held-out questions"][source]["rows"]
        lines.append(f"| {source} | {found['rows']} | {within} | {found['label']:.3f} |")
    lines += ["", "**What an aimed quality costs**: share of requests sent to the frontier, all sources balanced", ""]
    lines += ["| head | lower bound from | " + " | ".join(f"quality {aim:.0%}" for aim in AIMS) + " |", "|---" * (len(AIMS) + 2) + "|"]
    for name, measured in curves.items():
        for label, curve in measured.items():
            lines.append(f"| {name} | {label} | " + " | ".join(f"{share(curve, aim):.0%}" for aim in AIMS) + " |")
        all_cheap = next(iter(measured.values()))[-1]["quality"]
        coin = (f"{max(0, (aim - all_cheap) / (1 - all_cheap)):.0%}" for aim in AIMS)
        lines.append(f"| {name} | (a coin, estimate) | " + " | ".join(coin) + " |")
    return "\n".join(lines) + "\n"


def share(curve, aim):
    """Share at the highest threshold whose lower bound of quality reaches the aim."""
    return [point["frontier_share"] for point in curve if point["quality_low"] >= aim][-1]
