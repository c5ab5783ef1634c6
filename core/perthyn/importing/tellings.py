"""What a fact is apart from any store: its fingerprint, its version, its form as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from perthyn.channel import Fact, Of, Somebody
from perthyn.errors import PerthynError
from perthyn.importing.problems import printable
from perthyn.model import Record
from perthyn.model.values import plain


def fingerprint(fact: Fact) -> int:
    """53 bits of all that a fact says."""
    digest = sha256(as_json(told(fact)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7], "big") >> 3


def told(fact: Fact) -> dict[str, Any]:
    """A fact as JSON can hold it."""
    who: Any = fact.who
    if isinstance(who, Somebody):
        who = {"external": who.external, "values": who.values}
    values = {name: {"of": one.source_id} if isinstance(one, Of) else one for name, one in fact.values.items()}
    return {"id": fact.source_id, "type": fact.type.type_name, "values": values, "who": who, "version": fact.version}


def as_json(value: Any) -> str:
    """One line of JSON, the same for the same value."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_kept)


def _kept(value: Any) -> Any:
    return {"code": value.code, "facts": plain(value.facts)} if isinstance(value, PerthynError) else str(value)


def is_word(text: str) -> bool:
    """Whether a store can hold it as a name."""
    return 0 < len(text) <= 500 and printable(text) == text and not set(text) & {"\n", "\t"}


def key_of(somebody: Somebody) -> str:
    """The same for two who are described alike."""
    return as_json({"external": somebody.external, "values": somebody.values})


def meant(facts: Sequence[Fact]) -> list[str]:
    """The ids of the facts that these name."""
    return [value.source_id for fact in facts for value in fact.values.values() if isinstance(value, Of)]


def version_of(record: Record) -> int | None:
    """The sender's version of what is stored, where its type has one."""
    found: int | None = getattr(record, "source_version", None)
    return found


def is_older(fact: Fact, known: Record) -> bool:
    """Whether a fact is an earlier telling than the one that is stored."""
    version = version_of(known)
    return fact.version is not None and version is not None and fact.version < version
