"""The chart of a campaign: what came of it, in the reader's words."""

from __future__ import annotations

from perthyn.crm import Crm
from perthyn.crm.outcomes import Report
from perthyn.model import Campaign
from perthyn.text import Translator
from perthyn_web.charts.figures import Figure, figure
from perthyn_web.charts.graph import Graph, Place, Row


def campaign_chart(crm: Crm, campaign: Campaign, t: Translator, found: Report | None = None) -> Figure:
    """What came of a campaign, for its page. `found`: its report, where there is one at hand already."""
    return figure(campaign_graph(found or crm.campaign_report(campaign), t), t)


def campaign_graph(found: Report, t: Translator) -> Graph:
    """What came of a campaign, as bars; what nothing measures is said to be so."""
    whole = found.whole
    stages = (
        (t("Sent"), whole.sent),
        (t("Held"), sum(found.held.values())),
        (t("Came back"), found.bounced(whole)),
        (t("Delivered"), found.delivered(whole)),
        (t("Clicked"), found.response(whole, "clicked")),
        (t("Replied"), found.response(whole, "replied")),
        (t("Unsubscribed"), found.response(whole, "unsubscribed")),
        (t("Complained"), found.response(whole, "complained")),
    )
    name, words = found.campaign.name(t.language), {"unknown": t("not measured"), "total": "", "before": "", "rest": ""}
    values = [t.number(value) if value is not None else words["unknown"] for _, value in stages]
    told = [t("{what}: {value}.", what=what, value=value) for (what, _), value in zip(stages, values, strict=True)]
    return Graph(
        "campaign", name, " ".join(told), "bars", tuple(Place(what, what) for what, _ in stages),
        (Row(t("Letters and answers"), tuple(value for _, value in stages)),), t("What came of it"), words=words,
    )  # fmt: skip
