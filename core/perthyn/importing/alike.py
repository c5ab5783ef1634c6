"""Whether two contacts that share something could be one person, by their names: worth a look, never a join."""

from __future__ import annotations

from perthyn.importing.keytable import KeyTable
from perthyn.model import Contact
from perthyn.text import fold

_EACH = 4
"""Contacts remembered for each thing shared."""
_LONG = 4
"""Letters of a first name in which one slip of the finger is forgiven."""


def alike(one: Contact, other: Contact, by: str) -> bool:
    """Whether the names could be one person's. `by`: the kind of key they share ("e", "p", "sp").

    The same surname with the same first name, an initial of it, or a slip of the finger in it. Of those who share an
    e-mail address or a phone also: the same first name with another surname (married), and any name with none.
    Who shares an address at home and has another first name is family.
    """
    if one.kind != other.kind:
        return False
    (given, family), (other_given, other_family) = _names(one), _names(other)
    if not (given or family) or not (other_given or other_family):
        return by != "sp"
    if family == other_family:
        return _same_given(given, other_given)
    return by != "sp" and bool(given) and given == other_given


def _names(contact: Contact) -> tuple[str, str]:
    if contact.given or contact.family:
        return _plain(contact.given), _plain(contact.family)
    return "", _plain(contact.name)


def _plain(name: str | None) -> str:
    return fold((name or "").replace(".", " "))


def _same_given(one: str, other: str) -> bool:
    if one == other or not one or not other:
        return True
    if 1 in (len(one), len(other)):
        return one[0] == other[0]
    if min(len(one), len(other)) < _LONG:
        return False
    from rapidfuzz.distance import OSA

    return int(OSA.distance(one, other, score_cutoff=1)) <= 1


class Sharing:
    """Which contacts of an import share what: suggesting key -> their numbers, the first few of them."""

    def __init__(self) -> None:
        self._table = KeyTable()

    def add(self, key: str, number: int) -> bool:
        """Contact `number` has `key`; answers whether another has it as well."""
        for place in range(_EACH):
            if self._table.setdefault(f"{place}{key}", number) == number:
                return place > 0
        return True

    def get(self, key: str) -> list[int]:
        """The numbers of the contacts that have `key`."""
        found: list[int] = []
        for place in range(_EACH):
            number = self._table.get(f"{place}{key}")
            if number is None:
                break
            found.append(number)
        return found
