"""What a file says of somebody becomes the contact that validation would make of it, or its refusal."""

from __future__ import annotations

from datetime import date
from typing import Any
from unittest.mock import patch
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from perthyn.importing import people as people_of_files
from perthyn.importing.names import PersonName
from perthyn.importing.people import PHONE_WRITTEN, Said, contact_of, external_id, keys_of
from perthyn.model import Contact

TODAY = date(2026, 3, 31)
ONE = UUID(int=1)
TEXTS = st.one_of(
    st.sampled_from(["Siân", "Jones", "Cylch Meithrin", "", " ", "a\x00b", "\ud800", "\x85", "x" * 501, "y" * 50_001]),
    st.text(max_size=8),
)
KINDS = st.sampled_from(["person", "household", "organisation", "robot"])
DAYS = st.dates(date(1900, 1, 1), TODAY)


WORDED = (
    *("given", "family", "title", "organisation", "email", "address", "town", "county", "postcode", "country"),
    *("language", "note", "role", "level", "own.shirt", "gift_aid", "person_id"),
)


@st.composite
def people(draw: st.DrawFn) -> Said:
    """The cells of one person, fit for a contact or not."""
    texts = {name: draw(st.lists(TEXTS, min_size=1, max_size=2)) for name in draw(st.sets(st.sampled_from(WORDED)))}
    said: Said = {name: list(values) for name, values in texts.items()}
    if draw(st.booleans()):
        said["language"] = [draw(st.sampled_from(["cy", "en", "both"]))]
    if draw(st.booleans()):
        said["phone"] = draw(st.lists(TEXTS, min_size=1, max_size=2))
        said[PHONE_WRITTEN] = draw(st.lists(TEXTS, min_size=len(said["phone"]), max_size=len(said["phone"])))
    if draw(st.booleans()):
        said["tag"] = draw(st.lists(st.lists(TEXTS, max_size=3), min_size=1, max_size=2))
    if draw(st.booleans()):
        said["name"] = [PersonName(draw(TEXTS), draw(TEXTS), draw(TEXTS), draw(TEXTS), draw(KINDS))]
    if draw(st.booleans()):
        said["birth_date"] = [draw(DAYS)]
    if draw(st.booleans()):
        said["deceased"] = [draw(st.sampled_from(["yes", "no"]))]
    return said


def made(said: Said) -> Contact:
    named = (external_id("square:till", "1", None),)
    return contact_of(said, keys_of(said, "square:till", "").names, ONE, {}, TODAY, named)


def outcome(said: Said) -> Contact | list[tuple[Any, str]]:
    try:
        return made(said)
    except ValidationError as error:
        return [(one["loc"], one["msg"]) for one in error.errors()]


@given(people())
def test_a_contact_is_the_one_that_validation_makes(said: Said) -> None:
    found = outcome(said)
    with patch.object(people_of_files, "_fits", return_value=False):
        validated = outcome(said)
    assert found == validated
    if isinstance(found, Contact) and isinstance(validated, Contact):
        assert list(found.__dict__) == list(validated.__dict__)
        assert found.model_fields_set == validated.model_fields_set
        assert found.canonical() == validated.canonical()
