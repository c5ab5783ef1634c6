"""Evidence: what the letters to an address, and the answers from it, say of whether anything arrives there."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from perthyn.model import Interaction, Message, Screening
from perthyn.model.normal import email_key
from perthyn.store import Store

IN_A_ROW = 4
"""After so many letters in a row that did not get through, an address is given up."""
DELAYED = "delayed"
"""Why a letter has not arrived that may yet."""
_WENT = ("sent", "claimed", "unknown")


def noted(**values: Any) -> str:
    """What is noted in an interaction, for counting it later; what is empty is left out."""
    return json.dumps({name: value for name, value in values.items() if value}, ensure_ascii=False, sort_keys=True)


def _noted(one: Interaction) -> dict[str, Any]:
    """What `noted` wrote; nothing where somebody else did."""
    try:
        found = json.loads(one.raw or "{}") if one.kind == "bounce" or one.direction == "in" else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def fails_again(
    store: Store, person: UUID, address: str, at: datetime, line: Message | None, known_as: str = ""
) -> bool:
    """Whether a letter that came back now (`line`, where it is known which) is the last of `IN_A_ROW` that did.

    One that has not come back ends the row, and so does an answer from there. One letter counts once, however often it
    comes back. `known_as`: the source id of the bounce itself, should it be stored already.
    """
    key = email_key(address)
    now = at if line is None else _went(line) or at
    failed = set() if line is None else {str(line.id)}
    ends = [(at, True)] if line is None else []
    for one in store.owned(Interaction, [person]):
        told = _noted(one)
        if one.at is None or one.source_id == known_as or email_key(str(told.get("address", ""))) != key:
            continue
        if one.kind == "bounce" and told.get("message") and told.get("why") != DELAYED:
            failed.add(str(told["message"]))
        elif one.kind != "bounce" or told.get("why") != DELAYED:
            ends.append((one.at, one.kind == "bounce"))
    for letter in store.owned(Message, [person]):
        went = _went(letter)
        if went is not None and email_key(letter.address or "") == key:
            ends.append((went, str(letter.id) in failed))
    row = [came_back for when, came_back in sorted(ends) if when <= now][-IN_A_ROW:]
    return len(row) == IN_A_ROW and all(row)


def _went(letter: Message) -> datetime | None:
    return (letter.sent or letter.claimed) if letter.state in _WENT else None


def is_given_up(store: Store, person: UUID, address: str) -> bool:
    """Whether the door holds an address of somebody for dead."""
    key = email_key(address)
    mine = [
        one for one in store.owned(Screening, [person]) if one.list == "bounce" and email_key(one.address) == key
    ]  # fmt: skip
    return bool(mine) and max(mine, key=lambda one: (one.checked, one.hit)).hit
