"""Permission in words: what somebody said, how an address came to us, what a list says, what the one door answers."""

from __future__ import annotations

import json
import re
from datetime import date
from zoneinfo import ZoneInfo

from perthyn.contacting.words import CHANNEL
from perthyn.errors import PerthynError
from perthyn.model import Consent, Obtained, Problem, Screening
from perthyn.text import Translator, phrase

DAY = re.compile(r"\d{4}-\d\d-\d\d")
DECIDED = {
    "given": phrase("said yes"),
    "unconfirmed": phrase("a yes in a file, not confirmed"),
    "refused": phrase("said no"),
    "withdrawn": phrase("took the yes back"),
    "objected": phrase("objected"),
    "voided": phrase("recorded by mistake"),
}
CONNECTION = {
    "sale": phrase("a sale, or talk of one"),
    "support": phrase("support for the charity"),
    "interest": phrase("interest in the charity"),
    "other": phrase("something else"),
}
"""In connection with what an address came to us."""


def problem_words(t: Translator, one: Problem) -> tuple[str, str]:
    """What is wrong and what to do next."""
    facts = json.loads(one.facts or "{}")
    told = {name: _fact(t, name, fact) for name, fact in facts.items() if name != "self"}
    return t.error(PerthynError(one.code, **told))


def _fact(t: Translator, name: str, fact: object) -> object:
    """A fact as it was kept with a problem, in the reader's words: how somebody is reached, a day."""
    if name == "channel":
        return t(CHANNEL[fact]) if isinstance(fact, str) and fact in CHANNEL else fact
    if name == "taken" and isinstance(fact, str) and DAY.fullmatch(fact):
        return date.fromisoformat(fact)
    return fact


def rule_words(t: Translator, rule: str) -> str:
    """The sentence of a rule of the one door."""
    return t.error(PerthynError(rule))[0]


def rule_step(t: Translator, rule: str) -> str:
    """What would change it, or what to heed."""
    return t.error(PerthynError(rule))[1]


def consent_words(t: Translator, one: Consent, zone: ZoneInfo) -> str:
    """What was said, on which day there, how and to what words."""
    day = (one.at or one.recorded).astimezone(zone).date()
    facts = {"channel": t(CHANNEL[one.channel]), "said": t(DECIDED[one.decision]), "day": day}
    where = one.how or one.source
    if one.wording:
        return t("{channel}: {said}, {day} ({where}): “{wording}”", **facts, where=where or "–", wording=one.wording)
    if where:
        return t("{channel}: {said}, {day} ({where})", **facts, where=where)
    return t("{channel}: {said}, {day}", **facts)


def obtained_words(t: Translator, one: Obtained, zone: ZoneInfo) -> str:
    """How an address came to us, and on which day there."""
    facts = {"address": one.address, "day": one.at.astimezone(zone).date(), "what": t(CONNECTION[one.connection])}
    if one.whom == "third_party":
        return t("{address}, {day}, from somebody else ({what})", **facts)
    if one.refusable:
        return t("{address}, {day}, from the person, who could refuse ({what})", **facts)
    return t("{address}, {day}, from the person, who could not refuse ({what})", **facts)


def screening_words(t: Translator, one: Screening, zone: ZoneInfo) -> str:
    """What a list said of an address, and on which day there."""
    facts = {"address": one.address, "list": one.list.upper(), "day": one.checked.astimezone(zone).date()}
    if one.hit:
        return t("{address}: on the list {list}, {day}", **facts)
    return t("{address}: not on the list {list}, {day}", **facts)
