"""Writes the measured figures into the model card, between two marks."""

BEGIN, END = "<!-- figures: written by train.py -->", "<!-- end of figures -->"
AIMS = (0.99, 0.97, 0.95, 0.9)
COINS = "(a coin, estimate)"


def write(path, sections):
    text = path.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    path.write_text(before + BEGIN + "\n\n" + "\n\n".join(sections) + "\n\n" + END + after)


def table(title, head, rows):
    lines = [title, "", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def measures(title, results, measure):
    """`results`: method -> source -> measure -> (value, low, high). A dash where a method has no such figure."""
    methods = [method for method, found in results.items() if any(measure in figures for figures in found.values())]
    sources = list(max(results.values(), key=len))

    def cell(method, source):
        figures = results[method].get(source, {}).get(measure)
        return "{:.2f} [{:.2f}, {:.2f}]".format(*figures) if figures else "–"

    return table(title, ["source", *methods], ([source, *(cell(method, source) for method in methods)] for source in sources))


def reliability(title, tables):
    rows = []
    for name, found in tables.items():
        rows += [[name, count, f"{said:.3f}", f"{outcome:.3f}"] for count, said, outcome in found]
    return table(title, ["measured on", "rows", "mean P", "mean outcome"], rows)


def costs(title, curves):
    rows = []
    for name, measured in curves.items():
        for label, curve in measured.items():
            rows.append([name, label, *(f"{share(curve, aim):.0%}" for aim in AIMS)])
        all_cheap = next(iter(measured.values()))[-1]["quality"]
        rows.append([name, COINS, *(f"{max(0, (aim - all_cheap) / (1 - all_cheap)):.0%}" for aim in AIMS)])
    return table(title, ["head", "lower bound from", *(f"quality {aim:.0%}" for aim in AIMS)], rows)


def share(curve, aim):
    """Share at the highest threshold whose lower bound of quality reaches the aim."""
    return [point["frontier_share"] for point in curve if point["quality_low"] >= aim][-1]
