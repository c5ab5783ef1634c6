"""Written: what was written since a place in the store's history, and the people it touches, as they were and are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from uuid import UUID

from perthyn.changes import Header, JournalLine
from perthyn.history import newest_batch
from perthyn.model import Contact, Membership, Record, read_plain
from perthyn.rules.closed import Closed
from perthyn.rules.facts import Facts
from perthyn.rules.law import matches
from perthyn.rules.looks import looks_at
from perthyn.store import Store

MOST_RECORDS, MOST_BATCHES = 1_000, 100
"""More than so much is not read again: what was worked out before is worked out anew."""
MOST_PEOPLE = 200
"""Of so many people at most it is looked up what they were and are."""
Key = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a store's history: the `number` and id of its last batch then, and which `edition` of it this is."""

    number: int
    batch: UUID | None
    edition: str


@dataclass(frozen=True, slots=True)
class Touched:
    """A person as they were and as they are; None: not there. `changed`: what is otherwise, as it was and as it is."""

    then: Facts | None
    now: Facts | None
    changed: Sequence[Record]

    def matters(self, rule: Closed) -> bool:
        """Whether it may be true for them now and was not, or the other way round."""
        return self.then is None or self.now is None or any(looks_at(rule, one) for one in self.changed)


@dataclass(frozen=True)
class Written:
    """What some batches wrote, newest first; `lines` and `made` (what each created and is still there) by number.

    `contacts`: all for whom a rule may have another answer than before.
    """

    store: Store
    headers: Sequence[Header]
    lines: Mapping[int, Sequence[JournalLine]]
    made: Mapping[int, Collection[Key]]
    contacts: frozenset[UUID]

    def grown(self, rule: Closed) -> int | None:
        """By how many more the rule is true for than before; None where that can't be told, or not in no time."""
        if self.people is None:
            return None
        some = [one for one in self.people if one.matters(rule)]
        return sum(_is_true(rule, one.now) - _is_true(rule, one.then) for one in some)

    @cached_property
    def people(self) -> Sequence[Touched] | None:
        """Each contact touched; None where the past can't be told, or they are too many. Asked for as of the newest."""
        if len(self.contacts) > MOST_PEOPLE or not self._can_go_back():
            return None
        now: dict[Key, Record] = {}
        for facts in self.store.facts(self.contacts):
            for one in (facts.contact, *(one for some in facts.owned.values() for one in some)):
                now[one.type_name, one.id] = one
        then = self._before(now)
        changed: dict[UUID | None, list[Record]] = defaultdict(list)
        for key in now.keys() | then.keys():
            if now.get(key) != then.get(key):
                for one in filter(None, (now.get(key), then.get(key))):
                    changed[_whose(one)].append(one)
        were, are = _facts_of(then.values()), _facts_of(now.values())
        return [Touched(were.get(id), are.get(id), changed[id]) for id in sorted(self.contacts)]

    def _can_go_back(self) -> bool:
        """Whether the journal tells how all was: not of what came and went in between, unless an undo took it away."""
        about_people = [line for some in self.lines.values() for line in some if self._about_people(line)]
        gone = sum(line.action == "delete" for line in about_people)
        explained = sum(line.action == "delete" and line.number in self._taking_back for line in about_people)
        vanished = sum(one.created for one in self.headers) - sum(map(len, self.made.values()))
        told = all(
            line.version == self.store.types[line.type].version and not self.store.types[line.type].passes()
            for line in about_people
        )
        return told and (gone == explained or vanished == explained)

    @cached_property
    def _taking_back(self) -> frozenset[int]:
        """The batches that take back others of these: what they delete had not been there before."""
        ours = {one.id for one in self.headers}
        return frozenset(one.number for one in self.headers if one.undoes in ours)

    def _about_people(self, line: JournalLine) -> bool:
        return is_about_people(self.store.types.get(line.type))

    def _before(self, now: Mapping[Key, Record]) -> dict[Key, Record]:
        """The records as they were, going back batch by batch."""
        then = dict(now)
        for header in self.headers:
            for key in self.made[header.number]:
                then.pop(key, None)
            for line in filter(self._about_people, reversed(self.lines[header.number])):
                key, type = (line.type, line.id), self.store.types[line.type]
                if line.action == "edit" and key in then:
                    values = {path: read_plain(type, path, value) for path, value in line.before.items()}
                    then[key] = then[key].with_values(values)
                elif line.action == "delete" and header.number not in self._taking_back:
                    then[key] = type.model_validate(dict(line.before))
        return then


def mark_of(store: Store, position: int) -> Mark:
    """Where the history stands at a position."""
    header = next(iter(store.headers(before=position + 1)), None)
    return Mark(position, None if header is None else header.id, store.edition)


def written_since(store: Store, mark: Mark, position: int) -> Written | None:
    """What was written since, up to the store's position.

    None where the history does not tell it: somebody was erased, it is another edition, it was too much, or somebody
    is writing right now.
    """
    headers = _headers_since(store, mark)
    if not headers or headers[0].number != position:
        return None
    lines, made = {}, {}
    for one in headers:
        lines[one.number] = list(store.journal(batch=one.id)) if one.edited or one.deleted else []
        created = store.created(one.id) if one.created else ()
        made[one.number] = [(type.type_name, id) for type, id in created]
        if sum(line.action == "delete" for line in lines[one.number]) != one.deleted:  # an erasure leaves no line
            return None
    contacts = _touched(store, [line for some in lines.values() for line in some], made.values())
    return Written(store, headers, lines, made, contacts) if newest_batch(store) == position else None


def is_about_people(type: type[Record] | None) -> bool:
    """Whether rules may look at records of a type."""
    return type is not None and (type is Contact or bool(type.owner))


def _headers_since(store: Store, mark: Mark) -> list[Header]:
    """The batches since a mark, newest first; none where they are too many or the mark is not of this history."""
    if mark.edition != store.edition:
        return []
    headers = list(islice(store.headers(), MOST_BATCHES + 1))
    place = next((place for place, one in enumerate(headers) if one.number <= mark.number), None)
    if place is None or (headers[place].number, headers[place].id) != (mark.number, mark.batch):
        return []
    found = headers[:place]
    wrote = sum(one.created + one.edited + one.deleted for one in found)
    return [] if wrote > MOST_RECORDS else found


def _touched(store: Store, lines: Iterable[JournalLine], made: Iterable[Collection[Key]]) -> frozenset[UUID]:
    """The contacts that records belonged to before or belong to now."""
    found: set[UUID | None] = set()
    ids: dict[str, set[UUID]] = defaultdict(set)
    for name, id in (key for some in made for key in some):
        ids[name].add(id)
    for line in lines:
        if is_about_people(store.types.get(line.type)):
            found.add(line.owner)
            ids[line.type].add(line.id)
    for name, some in ids.items():
        if is_about_people(store.types[name]):
            found.update(map(_whose, store.get(store.types[name], some).values()))
    return frozenset(id for id in found if id is not None)


def _whose(record: Record) -> UUID | None:
    return record.id if isinstance(record, Contact) else record.owner_id


def _facts_of(records: Iterable[Record]) -> dict[UUID, Facts]:
    people: list[Contact] = []
    owned: dict[UUID | None, dict[str, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for one in sorted(records, key=lambda one: one.id):
        if isinstance(one, Contact):
            people.append(one)
        else:
            owned[one.owner_id][one.type_name].append(one)
    return {
        one.id: Facts(one, owned[one.id], frozenset(each.segment for each in _members(owned[one.id])))
        for one in people
    }  # fmt: skip


def _members(owned: Mapping[str, Sequence[Record]]) -> Iterable[Membership]:
    return (one for one in owned.get(Membership.type_name, ()) if isinstance(one, Membership))


def _is_true(rule: Closed, facts: Facts | None) -> bool:
    return facts is not None and matches(rule, facts)
