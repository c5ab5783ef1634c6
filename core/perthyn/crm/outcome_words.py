"""What came of a campaign, put into words: each number with what it is a share of; what nothing measures says so."""

from __future__ import annotations

from collections.abc import Iterator

from perthyn.contacting.words import LINES, RESPONSE
from perthyn.crm.outcomes import RESPONSES, Report
from perthyn.text import Translator


def numbers(t: Translator, found: Report) -> Iterator[tuple[str, str, str]]:
    """What, how many, and of what that is a share ("" where it is of nothing)."""
    whole = found.whole
    delivered = found.delivered(whole)
    yield t("Sent"), t.number(whole.sent), ""
    if whole.covered:
        yield t("Covered by another's letter"), t.number(whole.covered), ""
    yield t("Held"), t.number(sum(found.held.values())), ""
    for state, label in LINES.items():
        if whole.lines[state]:
            yield t(label), t.number(whole.lines[state]), ""
    back = found.bounced(whole)
    yield t("Came back"), measured(t, back), share(t, back, whole.sent, True)
    if "bounced" in found.measured:
        yield t("of these for good"), t.number(whole.bounced_hard), share(t, whole.bounced_hard, whole.sent, True)
    yield t("Delivered"), measured(t, delivered), share(t, delivered, whole.sent, True)
    base = whole.sent if delivered is None else delivered
    for name in RESPONSES[1:]:
        value = found.response(whole, name)
        yield t(RESPONSE[name]), measured(t, value), share(t, value, base, delivered is None)


def measured(t: Translator, value: int | None) -> str:
    """A number, or that nothing measures it."""
    return t("not measured") if value is None else t.number(value)


def share(t: Translator, value: int | None, whole: int, of_sent: bool) -> str:
    """A number as a share of the letters sent, or of those delivered."""
    if value is None:
        return ""
    if not whole:
        return t("no data")
    part, count = f"{value / whole:.1%}", t.number(whole)
    if of_sent:
        return t("{share} of the letters sent ({whole})", share=part, whole=count)
    return t("{share} of those delivered ({whole})", share=part, whole=count)
