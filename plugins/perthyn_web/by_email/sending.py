"""Sending: one letter with the numbers, for who its reader is and what they may see at that moment; it goes once.

Before it is handed over the job says so, in a transaction of its own. Whoever finds that, and was not told what became
of the letter, can't know whether it went: it is not sent again, and its reader is told.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date, timedelta

from perthyn.changes import Change
from perthyn.channel import Refused, Unsure
from perthyn.crm import Actor, Crm
from perthyn.crm.jobs import UNFIT, facts_of
from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn.model import Job
from perthyn.text import Translator
from perthyn.work import Work
from perthyn_web.accounts import tokens
from perthyn_web.accounts.noting import changed, keep, note
from perthyn_web.accounts.records import Token, User
from perthyn_web.accounts.rights import rights_of
from perthyn_web.by_email.keeping import BEGIN, GOES, LETTER, begin, may_be_sent
from perthyn_web.by_email.periods import Span
from perthyn_web.by_email.records import Outcome, Wish

HANDED = "handed"


def works() -> list[Work]:
    """What does these jobs."""
    return [
        Work(BEGIN, ("See who is due the numbers by email", "Gweld pwy sydd i gael y rhifau drwy e-bost"), begin,
             every=timedelta(minutes=30)),
        Work(LETTER, ("Send somebody the numbers", "Anfon y rhifau at rywun"), send),
    ]  # fmt: skip


def send(crm: Crm, job: Job) -> list[Change]:
    """Send the letter of a job, unless its reader wants none any more, may see none, or it may have gone."""
    facts = facts_of(job)
    wish = next((one for one in crm.store.scan(Wish) if str(one.id) == job.about), None)
    if wish and wish.token and _asking(crm, wish) is None:
        return [changed(wish, every=None, due=None)] if wish.every else []
    reader = reader_of(crm, wish) if wish else None
    if wish is None or reader is None or not (wish.every or facts["now"]):
        return []
    if facts.get(HANDED):
        return [_told(crm, wish, "unknown", "")]
    way = crm.memos_go()
    if way not in GOES:
        raise PerthynError("web.numbers.no_way")
    from perthyn_web.by_email.letter import memo_of  # with it comes what draws

    user, person, t = reader
    span = Span(date.fromisoformat(facts["since"]), date.fromisoformat(facts["until"]))
    memo = memo_of(person, t, job.id, wish, user.name, facts["every"], span)
    claimed: list[Job] = []
    try:
        answer = crm.send_memo(memo, lambda: claimed.append(_noted(crm, job, True)))
    except Unsure as error:
        return [_told(crm, wish, "unknown", str(error.facts.get("why", "")))]
    except Refused as error:
        return [_told(crm, wish, "refused", str(error.facts.get("reply", "")))]
    except PerthynError:
        for one in claimed:
            with suppress(Conflict, Unknown):  # somebody else has it in hand by now
                _noted(crm, one, False)
        raise
    note(person, "numbers.sent", user=user.id)
    return [_told(crm, wish, "sent" if way == "live" else "rehearsed", answer.reply)]


def reader_of(crm: Crm, wish: Wish) -> tuple[User, Crm, Translator] | None:
    """Who gets it, acting with their rights as they are now, and their words; None for who is to get nothing."""
    user = crm.store.get(User, [wish.user]).get(wish.user)
    if user is None or user.disabled is not None:
        return None
    language = user.language or wish.language
    actor = Actor(user.name, _rights(crm, wish, user))
    if not may_be_sent(actor.rights):
        return None
    return user, crm.acting(actor, language), Translator(language, crm.plugins.offer("offer_locale"))


def _rights(crm: Crm, wish: Wish, user: User) -> frozenset[str]:
    """Those of the user; where a system asked for them, those of its token."""
    if wish.token is None:
        return rights_of(crm, user.role)
    token = _asking(crm, wish)
    return tokens.opened(crm, token, user) if token else frozenset()


def _asking(crm: Crm, wish: Wish) -> Token | None:
    """The token of the system that asked; None when it has ended, and what it asked for with it."""
    found = crm.store.get(Token, [wish.token]).get(wish.token) if wish.token else None
    return found if found and tokens.counts(crm, found) else None


def _noted(crm: Crm, job: Job, handed: bool) -> Job:
    """The job, once it says whether its letter may have gone. Raises `Conflict` where somebody else has it in hand."""
    now = job.with_values({"facts": json.dumps({**facts_of(job), HANDED: handed}, sort_keys=True)})
    keep(crm, [changed(job, facts=now.facts)], LETTER)
    return now


def _told(crm: Crm, wish: Wish, last: Outcome, said: str) -> Change:
    """What its reader is told on their page; the wish may have been changed while the letter was under way."""
    now = crm.store.get(Wish, [wish.id]).get(wish.id, wish)
    return changed(now, last=last, at=crm.clock(), said=UNFIT.sub(" ", said)[:500].strip() or None)
