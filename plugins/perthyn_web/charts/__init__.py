"""Charts: numbers as pictures that everybody can read, drawn here from Vega-Lite specs; the numbers stand beside them.

A `Graph` is what is to be seen, in the reader's words: of a trend (`graph_of`) or of a campaign (`campaign_graph`).
Of it a spec is made (`spec_of`), of that a picture (`svg`, `picture`); without the extra ``charts`` there is the table
alone.
"""

from __future__ import annotations

from perthyn_web.charts.campaign import campaign_chart, campaign_graph
from perthyn_web.charts.drawing import FILES, can_draw, picture, svg
from perthyn_web.charts.figures import Figure, figure
from perthyn_web.charts.graph import Graph, graph_of
from perthyn_web.charts.specs import spec_of

__all__ = [
    "FILES",
    "Figure",
    "Graph",
    "campaign_chart",
    "campaign_graph",
    "can_draw",
    "figure",
    "graph_of",
    "picture",
    "spec_of",
    "svg",
]
