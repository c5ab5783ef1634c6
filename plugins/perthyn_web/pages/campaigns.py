"""Campaigns: what is to be said to whom, step by step until it is sent, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from perthyn.contacting.door import CHANNELS, MAILING
from perthyn.contacting.words import CHANNEL, LANGUAGE, LINES, MATTERS, STATE
from perthyn.crm import Crm
from perthyn.crm.campaigns import PURPOSES
from perthyn.errors import Forbidden, PerthynError, Unknown
from perthyn.importing.values_money import money_reader
from perthyn.model import Campaign, Segment
from perthyn.screens import Given, Reply, Screens, Shown, Visit, Went
from perthyn.text import phrase

screens = Screens()
screens.entry("/campaigns", phrase("Campaigns"), "campaign.read", icon="megaphone", order=300)
LANGUAGES = {
    "both": phrase("In both: to each in the language on record, to whoever has none in both"),
    "cy": phrase("In Welsh only"),
    "en": phrase("In English only"),
}
BADGES = {"draft": "plain", "sending": "accent", "paused": "careful", "sent": "good"}
_WORDS_OF = ("letter.missing", "letter.subject.missing")
"""What is wrong with the words of a letter, beside what names the part that it is in."""
FIELDS = ("name_en", "name_cy", "channel", "purpose", "languages")


@screens.get("/campaigns", "campaign.read")
def campaigns(visit: Visit) -> Reply:
    """All of them, the newest first."""
    names = {one.id: one.name(visit.t.language) for one in segments_of(visit.crm)}
    facts = {"found": visit.crm.campaigns(), "segments": names, "state_words": STATE, "badges": BADGES}
    return Shown("campaigns/list.html", {**facts, "channel_words": CHANNEL})


@screens.get("/campaigns/new", "campaign.write")
def new(visit: Visit) -> Reply:
    """A new one: its name, to whom, how and what for."""
    return _settings(visit, None, {"segment": visit.query.get("segment", "")})


@screens.post("/campaigns/new", "campaign.write")
def create(visit: Visit) -> Reply:
    """It is there, as a draft."""
    try:
        values, segment = _values(visit)
        name = values.pop("name_cy" if visit.t.language == "cy" else "name_en") or ""
        other = {key: value for key, value in values.items() if value is not None}
        if not (name or other.get("name_cy") or other.get("name_en")):
            raise PerthynError("campaign.nameless")
        name = name or str(other.get("name_cy") or other.get("name_en"))
        made, receipt = visit.crm.new_campaign(name, segment, **other)
    except PerthynError as error:
        return _settings(visit, None, visit.form, {_place_of(error): error})
    return Went(f"/campaigns/{made.id}", visit.t("Begun: {name}", name=made.name(visit.t.language)), receipt.batch)


@screens.get("/campaigns/{id:uuid}", "campaign.read")
def campaign(visit: Visit, id: UUID) -> Reply:
    """A draft with what is still to be done; of one that goes out, how far it has come."""
    one = known(visit.crm, id)
    facts = about(visit, one)
    if one.state != "draft":
        return Shown("campaigns/going.html", {**facts, **progress_of(visit, one)})
    problems = visit.crm.problems_of(one)
    wrong = [each for each in problems if each.code in _WORDS_OF or "part" in each.facts]
    facts |= {"problems": problems, "letters_bad": wrong}
    return Shown("campaigns/draft.html", facts)


@screens.get("/campaigns/{id:uuid}/settings", "campaign.write")
def settings(visit: Visit, id: UUID) -> Reply:
    """What it is, to be changed."""
    one = known(visit.crm, id)
    cost = "" if one.cost is None else visit.t.money(one.cost, one.currency or visit.crm.settings.currency)
    held = {name: getattr(one, name) or "" for name in FIELDS}
    held |= {"segment": str(one.segment or ""), "household": "yes" if one.household else "", "cost": cost.lstrip("£"),
             "income_days": str(one.income_days)}  # fmt: skip
    return _settings(visit, one, held)


@screens.post("/campaigns/{id:uuid}/settings", "campaign.write")
def change(visit: Visit, id: UUID) -> Reply:
    """The changes are kept; once it is being sent, those of its cost and its days of income."""
    one = known(visit.crm, id)
    try:
        values, segment = _values(visit)
        if one.state != "draft":
            values = {name: value for name, value in values.items() if name in ("cost", "income_days")}
        else:
            values["segment"] = segment and segment.id
        made, receipt = visit.crm.edit_campaign(one, **values)
    except PerthynError as error:
        if isinstance(error, Forbidden):
            raise
        return _settings(visit, one, visit.form, {_place_of(error): error})
    said = visit.t("Saved: {name}", name=made.name(visit.t.language)) if receipt else visit.t("Nothing has changed.")
    undo = receipt.batch if receipt and one.state == "draft" else None
    return Went(f"/campaigns/{id}", said, undo)


# -- shared by the pages of campaigns -----------------------------------------------------------------------------


def known(crm: Crm, id: UUID) -> Campaign:
    """The campaign of that id. Raises `Unknown`."""
    found = next((one for one in crm.campaigns() if one.id == id), None)
    if found is None:
        raise Unknown("campaign.unknown", name=id.hex[-6:], suggestion="")
    return found


def about(visit: Visit, one: Campaign) -> dict[str, Any]:
    """What every page of a campaign knows."""
    segment = next((each for each in segments_of(visit.crm) if each.id == one.segment), None)
    return {
        "campaign": one, "segment": segment, "state_words": STATE, "badges": BADGES, "channel_words": CHANNEL,
        "matter_words": MATTERS, "language_words": LANGUAGE, "line_words": LINES, "live": is_live(visit.crm, one),
        "rule_words": lambda rule: visit.t.error(PerthynError(rule)),
    }  # fmt: skip


def is_live(crm: Crm, one: Campaign) -> bool | None:
    """Whether what is sent really leaves; None where nothing delivers it."""
    try:
        channel, reach = crm.way_out(one)
        return channel.live(reach)
    except PerthynError:
        return None


def progress_of(visit: Visit, one: Campaign) -> dict[str, Any]:
    """How many letters have gone, wait, are held ...; whether it goes on by itself."""
    states = visit.crm.progress(one)
    whole = sum(count for state, count in states.items() if state != "held")
    done = whole - states["waiting"] - states["claimed"]
    return {"states": states, "whole": whole, "gone": done, "moving": one.state == "sending"}


def segments_of(crm: Crm) -> list[Segment]:
    """The segments that they may ask for."""
    found = []
    for one in crm.segments() if crm.actor.may("segment.read") else ():
        try:
            crm.broken(one)
        except Forbidden:
            continue
        found.append(one)
    return found


def _settings(
    visit: Visit, one: Campaign | None, held: Mapping[str, Any], trouble: Mapping[str, Exception] | None = None
) -> Shown:
    t = visit.t
    segments = [("", t("Not chosen yet"))] + [(str(each.id), each.name(t.language)) for each in segments_of(visit.crm)]
    facts = {
        "campaign": one, "held": held, "segments": segments,
        "channels": [(name, t(CHANNEL[name])) for name in CHANNELS],
        "purposes": [(name, t(MATTERS[name]).capitalize()) for name in PURPOSES], "mailing": MAILING,
        "languages": [(name, t(said)) for name, said in LANGUAGES.items()], "begun": one and one.state != "draft",
    }  # fmt: skip
    return Shown("campaigns/settings.html", facts, trouble or {})


def _values(visit: Visit) -> tuple[dict[str, Any], Segment | None]:
    """The fields of a campaign from the form, and whom it is for."""
    form, crm = visit.form, visit.crm
    values: dict[str, Any] = {name: form.get(name, "").strip() or None for name in FIELDS}
    values = {name: value for name, value in values.items() if value is not None or name.startswith("name")}
    values["household"] = form.get("household") == "yes"
    if crm.actor.may("money.read"):
        values["cost"] = _amount(form, crm.settings.currency)
    if "income_days" in form:
        days = form.number("income_days")
        if days is None or days > 9_999:
            raise PerthynError("campaign.days", value=form["income_days"])
        values["income_days"] = days
    chosen = form.get("segment", "")
    segment = next((one for one in segments_of(crm) if str(one.id) == chosen), None)
    return values, segment


def _amount(form: Given, currency: str) -> int | None:
    text = form.get("cost", "").strip()
    if not text:
        return None
    read = money_reader(".", currency).read([text])
    if 0 in read.wrong or read.values[0] is None:
        raise PerthynError("campaign.cost", value=text)
    return int(read.values[0])


def _place_of(error: PerthynError) -> str:
    """The field at which an error is shown."""
    places = {"campaign.nameless": "name_en", "campaign.exists": "name_en", "campaign.cost": "cost",
              "campaign.days": "income_days", "campaign.purpose": "purpose"}  # fmt: skip
    return places.get(error.code, str(error.facts.get("field", "")) if error.code == "campaign.value" else "")
