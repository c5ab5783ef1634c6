"""Finding the contact that a person means who typed a name in a cell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from perthyn.model import Contact
from perthyn.model.identity import asked_words
from perthyn.model.normal import email_key
from perthyn.store import Store
from perthyn.text import fold

LOCALE = Path(__file__).with_name("locale")


def finder(store: Store) -> Callable[[str], list[UUID]]:
    """Answers the contacts that a text may mean: by e-mail address, by the ending of an id, by the whole name."""

    def find(text: str) -> list[UUID]:
        said = text.strip()
        if "@" in said:
            return list(store.keyed([f"email:{email_key(said)}"]).get(f"email:{email_key(said)}", ()))
        if len(said) >= 6 and all(letter in "0123456789abcdef-" for letter in said.lower()):
            found = store.ending(Contact, said.lower().replace("-", ""))
            if found:
                return found
        ids = store.search(said) if asked_words(said) else []
        people = store.get(Contact, ids)
        return [id for id in ids if id in people and fold(people[id].shown_name) == fold(said)]

    return find
