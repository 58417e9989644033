# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Horizontal bars as SVG, each with its value and its ratio to the best peer."""
from xml.sax.saxutils import escape

WIDTH, LABEL, BAR, ROW, TOP = 800, 190, 400, 30, 58
COLOURS = {"rouse": "#1f6f8b", "rouse-af-packet": "#5aa9c2", "reflect": "#c9c9c9"}
OTHER = "#d08c4a"


def text(x, y, words, anchor="start", size=13, weight="normal", fill="#222"):
    return (f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" '
            f'font-weight="{weight}" fill="{fill}">{escape(words)}</text>')


def bars(title, unit, values, ratios, failed=()):
    """values: (name, label, number or None) from top to bottom; ratios: words by label."""
    height = TOP + ROW * len(values) + 14
    largest = max((v for _, _, v in values if v), default=1)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           f'viewBox="0 0 {WIDTH} {height}" font-family="DejaVu Sans, Helvetica, sans-serif">',
           f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
           text(14, 24, title, size=15, weight="bold"), text(14, 43, unit, size=12, fill="#666")]
    for i, (name, label, value) in enumerate(values):
        y = TOP + ROW * i
        width = round(BAR * (value or 0) / largest, 1)
        words = "failed" if value is None or label in failed else f"{value:,.4g}"
        if value and value >= 1000:
            words = f"{value:,.0f}" if label not in failed else "failed"
        ratio = ratios.get(label)
        out += [text(LABEL - 8, y + 19, label, "end"),
                f'<rect x="{LABEL}" y="{y + 4}" width="{max(width, 1)}" height="{ROW - 8}" '
                f'fill="{COLOURS.get(name, OTHER)}"/>',
                text(LABEL + width + 8, y + 19, f"{words}  ({ratio})" if ratio else words)]
    return "\n".join([*out, "</svg>", ""])
