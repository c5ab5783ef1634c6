"""How campaigns are said on the screen: their state, their audience, what came of sending."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from perthyn.cli.session import Session
from perthyn.contacting.words import CHANNEL, LANGUAGE, MATTERS, STATE
from perthyn.crm import Crm, Sent
from perthyn.crm.campaigns import Audience
from perthyn.model import Campaign
from perthyn.text import Translator
from perthyn.words.permission import rule_words


def facts_of(crm: Crm, t: Translator, one: Campaign) -> Iterator[tuple[str, object]]:
    """What a campaign is, line by line."""
    segment = crm.segment_by_id(one.segment) if one.segment else None
    yield t("Code"), one.code
    yield t("State"), t(STATE[one.state])
    yield t("For the segment"), segment.name(t.language) if segment else None
    yield t("How"), t(CHANNEL[one.channel])
    yield t("For"), t(MATTERS[one.purpose])
    yield t("Subject (Welsh)"), one.subject_cy
    yield t("Subject (English)"), one.subject_en
    yield t("Languages"), t(LANGUAGE[one.languages])
    yield t("One for a household"), t("yes") if one.household else None
    yield t("Cost"), None if one.cost is None else t.money(one.cost, one.currency or "GBP")
    yield t("Days of income"), one.income_days
    yield t("Segment worked out on"), one.frozen_on


def audience_facts(s: Session, audience: Audience) -> None:
    """Whom it would reach, in which languages, and who is held and why."""
    t = s.t
    s.screen.facts(
        [
            (t("People in the segment"), t.number(audience.people)),
            (t("Letters"), t.number(audience.letters)),
            (t("Covered by another's letter"), t.number(audience.covered) if audience.covered else None),
            *((t(LANGUAGE[name]), t.number(count)) for name, count in audience.languages.items()),
        ]
    )
    held_table(s, audience.held)


def held_table(s: Session, held: Mapping[str, int]) -> None:
    """Who is held, by rule, and what would change it."""
    t = s.t
    if held:
        s.screen.heading(t("Held"))
        s.screen.table([t("People"), t("Why")], [[count, rule_words(t, rule)] for rule, count in held.items()], "><")


def show_sent(s: Session, crm: Crm, one: Campaign, done: Sent) -> None:
    """What came of sending, and what to do next."""
    t = s.t
    s.screen.facts(
        [
            (t("Sent"), t.number(done.sent)),
            (t("Held"), t.number(done.held) if done.held else None),
            (t("Refused for good"), t.number(done.failed) if done.failed else None),
            (t("Put off for later"), t.number(done.later) if done.later else None),
            (t("Nobody knows"), t.number(done.unknown) if done.unknown else None),
            (t("Waiting"), t.number(done.waiting) if done.waiting else None),
            (t("Next"), t.instant(done.due.astimezone(crm.zone)) if done.due else None),
        ]
    )
    if done.rehearsal:
        s.screen.sentence(
            t("This was a rehearsal: nothing left the house, and nothing is noted. When all is well: perthyn doctor")
        )
    if done.why is not None:
        s.screen.warning(" ".join(filter(None, t.error(done.why))))
    if done.unknown:
        s.screen.sentence(t("Say what became of those nobody knows of: perthyn campaign resolve {code}", code=one.code))
    if done.failed and not done.rehearsal:
        s.screen.sentence(t("See who was refused, and why: perthyn campaign resolve {code} --refused", code=one.code))
    if done.due is not None and crm.campaign(one.code).state == "paused":
        s.screen.sentence(t("It is stopped. To go on: perthyn campaign resume {code}", code=one.code))
    elif done.due is not None:
        s.screen.sentence(t("To go on: perthyn campaign resume {code}, or leave perthyn start running", code=one.code))
    elif not done.rehearsal:
        s.screen.sentence(t("What came of it: perthyn campaign report {code}", code=one.code))
