"""Starts: rules that organisations like ours ask for, to begin with and to change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.rules import Rule, parse
from perthyn.text import phrase


@dataclass(frozen=True, slots=True)
class Start:
    """A rule to begin with: what it is called, and what it is for."""

    rule: str
    title: str
    about: str


STARTS = (
    Start(
        "donations at least 3 in last 24 months and no visits in last 6 months",
        phrase("Gave three times in two years, and have not visited for six months"),
        phrase("Friends who may be drifting away: ask them back."),
    ),
    Start(
        "in top 10% by total of donations in last 24 months",
        phrase("The tenth of givers who gave the most in two years"),
        phrase("To be thanked in person."),
    ),
    Start(
        "visits at least 3 in last 12 months and not member",
        phrase("Came three times in a year, and are not members"),
        phrase("Membership would pay for itself."),
    ),
    Start(
        "member ends in next 60 days",
        phrase("Members whose membership ends within sixty days"),
        phrase("A reminder in good time."),
    ),
    Start(
        "first visit in last 3 months",
        phrase("Came for the first time in the last three months"),
        phrase("A welcome while they remember."),
    ),
    Start(
        "visits ever and no visits in last 24 months",
        phrase("Used to come, and have not for two years"),
        phrase("Something new to come back for."),
    ),
    Start(
        "person and language in (cy, both) and has email",
        phrase("Read Welsh and have an email address"),
        phrase("For a newsletter in Welsh."),
    ),
    Start(
        "volunteer and no shifts in last 3 months",
        phrase("Volunteers without a shift for three months"),
        phrase("A word of thanks, and a question."),
    ),
)


def starts(crm: Crm) -> Iterator[tuple[Start, Rule]]:
    """Those of them that somebody may ask for, each with its rule."""
    for one in STARTS:
        try:
            rule = parse(one.rule, crm.schema())
            crm.close(rule)
        except PerthynError:
            continue
        yield one, rule
