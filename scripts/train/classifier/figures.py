"""The two drawings beside the model card, as plain SVG: reliability, and quality over the share of strong calls."""

SIZE, MARGIN = 360, 48
COLOURS = ("#1f6feb", "#d9480f", "#2f9e44", "#868e96")


def write(path, title, across, up, ranges, curves, dots=()):
    """`curves` and `dots`: `(name, [(x, y), …])`; the radius of a dot is its third number. `ranges`: (x0, x1, y0, y1)."""
    x0, x1, y0, y1 = ranges

    def place(x, y):
        inner = SIZE - 2 * MARGIN
        return MARGIN + (x - x0) / (x1 - x0) * inner, SIZE - MARGIN - (y - y0) / (y1 - y0) * inner

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE + 150} {SIZE}" font-family="sans-serif" font-size="11">',
        f'<rect width="{SIZE + 150}" height="{SIZE}" fill="white"/>',
        f'<text x="{MARGIN}" y="24" font-size="14">{title}</text>',
        f'<text x="{SIZE / 2}" y="{SIZE - 12}" text-anchor="middle">{across}</text>',
        f'<text transform="translate(14 {SIZE / 2}) rotate(-90)" text-anchor="middle">{up}</text>',
    ]
    for step in range(6):
        x, y = x0 + step / 5 * (x1 - x0), y0 + step / 5 * (y1 - y0)
        (across_at, bottom), (left, up_at) = place(x, y0), place(x0, y)
        parts.append(f'<path d="M{across_at:.1f} {bottom:.1f}V{MARGIN}M{left:.1f} {up_at:.1f}H{SIZE - MARGIN}" stroke="#e9ecef"/>')
        parts.append(f'<text x="{across_at:.1f}" y="{bottom + 14:.1f}" text-anchor="middle">{x:.2f}</text>')
        parts.append(f'<text x="{left - 4:.1f}" y="{up_at + 4:.1f}" text-anchor="end">{y:.2f}</text>')
    for index, (name, points) in enumerate(curves):
        colour = COLOURS[index % len(COLOURS)]
        line = " ".join("{:.1f},{:.1f}".format(*place(x, y)) for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<text x="{SIZE - MARGIN + 8}" y="{MARGIN + 10 + 16 * index}" fill="{colour}">{name}</text>')
    for index, (_, points) in enumerate(dots):
        for x, y, radius in points:
            at = place(x, y)
            parts.append(f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:.1f}" fill="{COLOURS[index]}" fill-opacity="0.5"/>')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")


def reliability(path, tables):
    """`tables`: name -> rows of `metrics.reliability`. A dot's area is the number of rows."""
    curves, dots = [], []
    for name, rows in tables.items():
        most = max(count for count, _, _ in rows)
        curves.append((name, [(said, found) for _, said, found in rows]))
        dots.append((name, [(said, found, 1 + 8 * (count / most) ** 0.5) for count, said, found in rows]))
    curves.append(("said = found", [(0, 0), (1, 1)]))
    write(path, "Reliability", "probability said", "outcome found", (0, 1, 0, 1), curves, dots)


def quality(path, curves):
    """`curves`: name -> points of a shipped curve."""
    lines = [(name, [(point["frontier_share"], point["quality"]) for point in curve]) for name, curve in curves.items()]
    ends = lines[0][1]
    lines.append(("a coin", [ends[-1], ends[0]]))
    low = min(y for _, points in lines for _, y in points)
    write(path, "Quality and cost", "share of requests sent to the frontier", "score / score of the frontier", (0, 1, low, 1.02), lines)
