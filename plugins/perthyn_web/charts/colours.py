"""Colours of charts: told apart by people who see colours differently, by their lightness, and by their patterns.

A spec holds the light ones, which files and print keep. In a page each becomes a CSS variable of that name
(``static/perthyn.css``, ``dark.css``), so that it follows the reader's light or dark.
"""

from __future__ import annotations

INK, SOFT, GRID, GROUND = "#1f262c", "#525d66", "#dedad1", "#ffffff"
SERIES = ("#6d2c57", "#3f7fb5", "#b07d10", "#2f6f5e", "#c0603a", "#757d84")
"""Of each line of a chart, in their order; the last is for the rest. Each has 3:1 at least against white."""
VARIABLES = {INK: "currentColor", SOFT: f"var(--ink-soft,{SOFT})", GRID: f"var(--line,{GRID})"} | {
    colour: f"var(--chart-{place},{colour})" for place, colour in enumerate(SERIES, 1)
}
PATTERNS = {
    SERIES[1]: "M-2,2l4,-4M0,8l8,-8M6,10l4,-4",
    SERIES[2]: "M0,4h8",
    SERIES[3]: "M-2,6l4,4M0,0l8,8M6,-2l4,4",
    SERIES[4]: "M4,0v8",
    SERIES[5]: "M0,4h8M4,0v8",
}
"""The lines that are drawn over a fill, in a square of 8; the first series has none."""
