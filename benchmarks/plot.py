"""Draws the ratios of a sweep as an SVG: one panel a data set, one row a query, one dot a ratio to oxigraph."""

import math
from xml.sax.saxutils import escape

from benchmarks.results import NATIVE, SLOWEST, Place, Results

WIDTH, LABELS, PLAIN, ROW, HEAD, FOOT = 480, 190, 260, 15, 34, 26
LEAST, MOST = 0.001, 1000.0
COLOURS = {"rdflib-endpoint": "#b35806", "not seen before": "#542788", "seen before": "#1b7837"}
STYLE = "text{font:11px sans-serif;fill:#222}.head{font-weight:bold}.faint{fill:#777;font-size:10px;text-anchor:middle}"


def draw(results: Results) -> str:
    """Return the whole picture."""
    heights = [HEAD + ROW * len(results.queries(data)) + FOOT for data in results.data]
    columns = 2 if len(heights) > 1 else 1
    starts = [30 + sum(max(heights[at : at + columns]) for at in range(0, row, columns)) for row in range(len(heights))]
    parts = [_legend()]
    for number, data in enumerate(results.data):
        top = starts[number - number % columns]
        parts.append(f'<g transform="translate({number % columns * WIDTH},{top})">{_panel(results, data)}</g>')
    width, height = columns * WIDTH, 30 + sum(max(heights[at : at + columns]) for at in range(0, len(heights), columns))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<title>Requests per second as a multiple of oxigraph</title><style>{STYLE}</style>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _legend() -> str:
    parts, left = [_text(10, 18, "Requests per second, as a multiple of oxigraph's", "head")], 340
    for name, colour in COLOURS.items():
        parts.append(f'<circle cx="{left}" cy="14" r="4" fill="{colour}"/>{_text(left + 8, 18, name)}')
        left += 125
    return "".join(parts)


def _panel(results: Results, data: str) -> str:
    queries = results.queries(data)
    bottom = HEAD + ROW * len(queries)
    parts = [_text(10, 22, f"{data}", "head")]
    for power in range(round(math.log10(LEAST)), round(math.log10(MOST)) + 1):
        at, strong = _x(10.0**power), power == 0
        parts.append(
            f'<line x1="{at}" x2="{at}" y1="{HEAD - 6}" y2="{bottom}" stroke="{"#444" if strong else "#ddd"}"/>'
            + _text(at, bottom + 14, f"{10.0**power:g}", "faint")
        )
    for number, query in enumerate(queries):
        middle = HEAD + ROW * number + ROW // 2
        parts.append(_text(10, middle + 4, query.rpartition("/")[2][:29]))
        for name, ratio in _ratios(results, data, query).items():
            if ratio:
                said = f"<title>{escape(query)}, {name}: {ratio:.3g}</title>"
                parts.append(f'<circle cx="{_x(ratio)}" cy="{middle}" r="4" fill="{COLOURS[name]}">{said}</circle>')
    return "".join(parts)


def _ratios(results: Results, data: str, query: str) -> dict[str, float | None]:
    slow, native = (Place(data, server, query, "new") for server in (SLOWEST, NATIVE))
    return {
        "rdflib-endpoint": results.ratio(slow, native),
        "not seen before": results.against(data, query, "new"),
        "seen before": results.against(data, query, "seen"),
    }


def _x(ratio: float) -> float:
    share = math.log(min(max(ratio, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return round(LABELS + share * PLAIN, 1)


def _text(left: float, top: float, words: str, kind: str = "") -> str:
    return f'<text x="{left}" y="{top}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{escape(words)}</text>'
