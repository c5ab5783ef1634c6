"""Asked: the questions of a shop, what each was about, and what somebody said to it, as consent where it was that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from perthyn.channel import Fact, Somebody
from perthyn.importing.headings import meaning_of
from perthyn.model import Consent
from perthyn_tickets.orders import Answer, Order
from perthyn_tickets.words import all_said, one_line, spoken

CHANNELS = {"consent_email": "email", "consent_post": "post", "consent_phone": "phone", "consent_sms": "sms"}
_TO_TICK = "B"
_TICKED = {"True": "yes", "False": "no"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer. `wording`, `language`: as it was shown to who answered. `ticked`: yes, no or "".

    `meaning`: which consent it asks for (``consent_email``), ``gift_aid``, or "". `against`: a yes to it is a no.
    """

    identifier: str
    wording: str
    language: str
    answer: str
    ticked: str = ""
    meaning: str = ""
    against: bool = False

    @classmethod
    def of(cls, answer: Answer, listed: Mapping[str, Any], locale: str, consent: Collection[str]) -> Asked:
        """What a question was about: by the settings or its own words, where it is a box to tick."""
        wording, language = spoken(listed.get("asks"), locale)
        identifier, text = one_line(answer.question_identifier), one_line(answer.answer)
        if listed.get("kind") != _TO_TICK:
            return cls(identifier, wording, language, text)
        ticked = _TICKED.get(answer.answer, "")
        if identifier in consent:
            return cls(identifier, wording, language, text, ticked, "consent_email")
        read = [meaning_of(one) for one in (*all_said(listed.get("asks")), identifier)]
        meaning, against = next((one for one in read if one[0] in CHANNELS or one[0] == "gift_aid"), ("", False))
        return cls(identifier, wording, language, text, ticked, meaning, against)


def consents(id: str, asked: Iterable[Asked], order: Order, who: Somebody) -> Iterator[Fact]:
    """What one person said of being contacted in one order; an answer that is changed later is one more.

    Who buys several tickets is asked with each: one tick is an answer. It is unconfirmed until a person has looked at
    what the shop asks; no tick at all, or one against being contacted, is a refusal.
    """
    said: dict[str, Asked] = {}
    for one in asked:
        if one.meaning in CHANNELS and one.ticked and (one.identifier not in said or one.ticked == "yes"):
            said[one.identifier] = one
    for one in said.values():
        if one.against and one.ticked == "no":
            continue
        channel = CHANNELS[one.meaning]
        values = {
            "channel": channel, "decision": "refused" if one.against or one.ticked == "no" else "unconfirmed",
            "at": order.datetime, "how": "website", "wording": one.wording or None, "language": one.language or None,
            "address": who.values.get("email" if channel == "email" else "phone") if channel != "post" else None,
            "evidence": order.code,
        }  # fmt: skip
        yield Fact(f"{id}:{one.identifier or channel}:{one.ticked}", values, who, Consent)
