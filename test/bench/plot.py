"""A result as an SVG: wall clock with its spread, and CPU by who spent it."""

from xml.sax.saxutils import escape

WIDTH = 860
LABELS = 150           # to the left of the bars
PANEL = 300            # of the wall clock
GAP = 90               # behind it, for its figures
CPU_PANEL = 260
LONGEST = 5            # times tidemark; longer bars are cut
BAR = 18
STEP = 30
TOP = 74
SHARES = (("tool_cpu_s", "tool", "#2a6fbb"),
          ("source_cpu_s", "source", "#e09f1f"),
          ("warehouse_cpu_s", "warehouse", "#3a9a78"))
INK = "#222222"
MUTED = "#777777"
OWN = "#2a6fbb"
OTHER = "#a9b4c0"


def _text(x, y, words, color=INK, anchor="start", size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" ' \
        f'text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'


def _bar(x, y, width, color, told):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" ' \
        f'height="{BAR}" fill="{color}"><title>{escape(told)}</title></rect>'


def _line(start, end, color, width=1.2, dashes="none"):
    return f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" ' \
        f'x2="{end[0]:.1f}" y2="{end[1]:.1f}" stroke="{color}" ' \
        f'stroke-width="{width}" stroke-dasharray="{dashes}"/>'


def _break(x, y):
    """Two strokes through a bar that is longer than the panel."""
    return [_line((x + gap, y - 3), (x + gap - 6, y + BAR + 3), "#ffffff", 3)
            for gap in (-14, -7)]


def _wall(found, y, name, scale):
    """The median as a bar, minimum to maximum as a line over it."""
    values = [found[word]["wall_s"] for word in
              ("median", "minimum", "maximum")]
    middle, least, most = (LABELS + min(value * scale, PANEL)
                           for value in values)
    height = y + BAR / 2
    parts = [_bar(LABELS, y, middle - LABELS,
                  OWN if name.startswith("tidemark") else OTHER,
                  f"{name}: {values[0]:.3f} s"),
             _line((least, height), (most, height), INK),
             _text(max(middle, most) + 6, y + 13, f"{values[0]:.2f}")]
    return parts + (_break(middle, y) if values[0] * scale > PANEL else [])


def _cpu(found, y, name, scale):
    start = x = LABELS + PANEL + GAP
    parts = []
    total = 0.0
    for field, who, color in SHARES:
        value = found["median"][field]
        end = min(x + value * scale, start + CPU_PANEL)
        if end > x:
            parts.append(_bar(x, y, end - x, color,
                              f"{name}, {who}: {value:.3f} s"))
        x = end
        total += value
    parts.append(_text(x + 6, y + 13, f"{total:.2f}"))
    return parts + (_break(x, y) if total * scale > CPU_PANEL else [])


def _legend(y):
    x = LABELS + PANEL + GAP
    parts = []
    for _, who, color in SHARES:
        parts += [f'<rect x="{x}" y="{y - 9}" width="10" height="10" '
                  f'fill="{color}"/>', _text(x + 14, y, who, MUTED)]
        x += 34 + 7 * len(who)
    return parts


def _heads(result, title):
    left = LABELS + PANEL + GAP
    floor = result["floor"]["overlapped_s"]
    return [_text(0, 16, title, size=14),
            _text(LABELS, 40, "wall clock, seconds; the line spans all runs",
                  MUTED),
            _text(LABELS, 58, f"dashed: overlapped floor, {floor:.2f} s",
                  MUTED),
            _text(left, 40, "CPU seconds of", MUTED), *_legend(58)]


def svg(result, title):
    """The picture as text; tools in the order of their wall clock."""
    tools = sorted(((name, found) for name, found in result["tools"].items()
                    if "median" in found),
                   key=lambda each: each[1]["median"]["wall_s"])
    floor = result["floor"]["overlapped_s"]
    own = result["tools"]["tidemark"]["median"]
    widest = min(max(found["maximum"]["wall_s"] for _, found in tools),
                 LONGEST * own["wall_s"])
    busiest = min(max(found["median"]["cpu_s"] for _, found in tools),
                  LONGEST * own["cpu_s"])
    parts = _heads(result, title)
    for place, (name, found) in enumerate(tools):
        y = TOP + place * STEP
        parts.append(_text(LABELS - 8, y + 13, name, anchor="end"))
        parts += _wall(found, y, name, PANEL / widest)
        parts += _cpu(found, y, name, CPU_PANEL / busiest)
    bottom = TOP + len(tools) * STEP
    x = LABELS + floor * PANEL / widest
    parts.append(_line((x, TOP - 6), (x, bottom - 6), INK,
                       dashes="4 3"))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{bottom + 6}" viewBox="0 0 {WIDTH} {bottom + 6}" '
        'font-family="sans-serif" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{bottom + 6}" fill="#ffffff"/>',
        *parts, "</svg>", ""])
