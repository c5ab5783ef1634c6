"""Which rows an import should join, and which pairs it should only suggest, by a policy written down here.

- The same contact iff the same id of the same source, or the same e-mail address and folded name, or the same
  phone number and folded name (case, accents, punctuation and repeated spaces do not count).
- An address or a number alone never joins; a row with an address and no name is a contact of its own.
- Same surname, same first name or initial, and same postcode suggest; so does an address or number shared by
  contacts whose names could be one person's (or one of which has no name).

The grid of the rota knows a volunteer by the short name alone; there it counts as the source's id.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from .lines import Line, Mention, Sheet
from .truths import Contact, Place, Suggestion


def fold(text: str) -> str:
    """Case, accents, punctuation and repeated spaces away."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    letters = (sign for sign in bare if not unicodedata.combining(sign) and sign not in "'’.")
    return " ".join("".join(sign if sign.isalnum() else " " for sign in letters).split())


def join(good: Sequence[tuple[Sheet, int, Line]]) -> tuple[tuple[Contact, ...], list[list[Mention]]]:
    """Rows joined by the policy, in the order of their first row; and what each contact is known by."""
    found: list[tuple[Place, Mention, str]] = [
        ((sheet.file, number, mention.column), mention, sheet.source)
        for sheet, number, line in good
        for mention in line.mentions
    ]
    parent = list(range(len(found)))

    def root(place: int) -> int:
        while parent[place] != place:
            place = parent[place]
        return place

    first_with: dict[tuple[str, ...], int] = {}
    for place, (_, mention, source) in enumerate(found):
        for key in _keys(mention, source):
            other = root(first_with.setdefault(key, place))
            mine = root(place)
            parent[max(other, mine)] = min(other, mine)
    groups: dict[int, list[int]] = defaultdict(list)
    for place in range(len(found)):
        groups[root(place)].append(place)
    contacts = tuple(
        Contact(
            tuple(dict.fromkeys(key for place in group for key in found[place][1].people)),
            found[group[0]][1].kind,
            tuple(found[place][0] for place in group),
        )
        for group in groups.values()
    )
    return contacts, [[found[place][1] for place in group] for group in groups.values()]


def _keys(mention: Mention, source: str) -> Iterator[tuple[str, ...]]:
    name = fold(f"{mention.given} {mention.family}")
    if mention.source_id:
        yield "id", source, fold(mention.source_id)
    if mention.email and name:
        yield "email", mention.email.casefold(), name
    if mention.phone and name:
        yield "phone", mention.phone, name


def suggest(contacts: Sequence[Contact], mentions: Sequence[Sequence[Mention]]) -> Iterator[Suggestion]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, known in enumerate(mentions):
        if contacts[place].kind == "person":
            for why, value in dict.fromkeys(
                pair
                for one in known
                for pair in (("postcode", one.postcode), ("email", one.email.casefold()), ("phone", one.phone))
                if pair[1]
            ):
                groups[why, value].append(place)
    seen: set[tuple[int, int]] = set()
    for (why, _), places in groups.items():
        for first, second in combinations(places, 2):
            alike = any(_alike(one, other, why) for one in mentions[first] for other in mentions[second])
            if alike and (first, second) not in seen:
                seen.add((first, second))
                yield Suggestion(first, second, why, contacts[first].people == contacts[second].people)


def _alike(one: Mention, other: Mention, why: str) -> bool:
    """Whether two names could be one person's. No name fits any, but not by a postcode."""
    given, family = fold(one.given), fold(one.family)
    other_given, other_family = fold(other.given), fold(other.family)
    if not f"{given}{family}" or not f"{other_given}{other_family}":
        return why != "postcode"
    initial = given[:1] == other_given[:1] and 1 in (len(given), len(other_given))
    if family == other_family:
        return given == other_given or initial
    return why != "postcode" and given == other_given


def unseen(contacts: Sequence[Contact], suggestions: Sequence[Suggestion]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Persons who stay several contacts even if every true suggestion is accepted."""
    parent = list(range(len(contacts)))

    def root(place: int) -> int:
        while parent[place] != place:
            place = parent[place]
        return place

    for one in suggestions:
        if one.same:
            low, high = sorted((root(one.first), root(one.second)))
            parent[high] = low
    of: dict[str, list[int]] = defaultdict(list)
    for place, contact in enumerate(contacts):
        if contact.kind == "person":
            of[contact.people[0]].append(place)
    for person, places in of.items():
        if len({root(place) for place in places}) > 1:
            yield person, tuple(places)
