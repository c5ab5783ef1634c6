"""Steps: whole records, images of edits and what an undo makes of them agree, whatever the values."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES, Record
from perthyn.model.steps import (
    Fill,
    Rekey,
    Remove,
    Rename,
    Retype,
    Rework,
    Split,
    Step,
    steps_from,
    upgraded,
    upgraded_image,
)


class Thing(Record):
    """Only its version and its steps matter here."""

    type_name: ClassVar[str] = "thing"
    version: ClassVar[int] = 4
    steps: ClassVar[tuple[Step, ...]] = (
        Rename(2, "a", "b"),
        Retype(2, "b", lambda value: value * 2),
        Rename(2, "items.x", "y"),
        Split(3, "whole", ("left", "right"), lambda text: {"left": text[:1], "right": text[1:] or None}),
        Rename(3, "items", "parts"),
        Fill(4, "kind", lambda thing: thing.get("left") or "none"),
        Remove(4, "old"),
        Retype(4, "parts.y", lambda value: value if value > 0 else None),
        Rekey(4, "parts", lambda key: key.upper()),
    )


ITEM = st.fixed_dictionaries({"n": st.integers(0, 3)}, optional={"x": st.integers(-3, 3)})
FIELDS = {
    "a": st.integers(), "whole": st.text(min_size=1), "kind": st.text(min_size=1), "old": st.text(min_size=1),
    "same": st.integers(), "items": st.lists(ITEM, min_size=1, max_size=3),
}  # fmt: skip
PLAIN = st.fixed_dictionaries({}, optional=FIELDS)


def test_a_record_takes_every_step() -> None:
    plain = {"id": "i", "a": 2, "whole": "Llŷr", "old": 1, "items": [{"x": 1, "n": 0}, {"x": -1}]}
    assert upgraded(Thing, plain, 1) == {
        "id": "i", "b": 4, "left": "L", "right": "lŷr", "kind": "L", "parts": [{"y": 1, "n": 0}, {}],
    }  # fmt: skip
    assert upgraded(Thing, {"b": 4, "kind": "k", "parts": [{"y": -1}]}, 3) == {"b": 4, "kind": "k", "parts": [{}]}
    assert upgraded(Thing, {"kind": "k", "old": 1}, 4) == {"kind": "k", "old": 1}


def test_an_image_takes_the_same_steps_path_by_path() -> None:
    before = {"a": None, "whole": None, "old": 1, "items[k]": {"x": 3}, "items[l]": None, "kind": None}
    assert upgraded_image(Thing, "edit", before, 1) == {
        "b": None, "left": None, "right": None, "parts[K]": {"y": 3}, "parts[L]": None, "kind": "none",
    }  # fmt: skip
    assert upgraded_image(Thing, "edit", {"same": 1}, 1) == {"same": 1}
    assert upgraded_image(Thing, "edit", {"items": [{"x": 1}]}, 1) == {"parts": [{"y": 1}]}
    assert upgraded_image(Thing, "delete", {"a": 1}, 1) == upgraded(Thing, {"a": 1}, 1)


@given(PLAIN, PLAIN)
def test_an_edit_undone_after_the_steps_is_the_record_before_them(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Upgrading what an edit left, then putting back its upgraded image, gives what was before it, upgraded."""
    image = {path: before.get(path) for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    put_back = upgraded(Thing, after, 1) | upgraded_image(Thing, "edit", image, 1)
    known = {path: value for path, value in put_back.items() if value is not None}
    expected = upgraded(Thing, before, 1)
    # What a step filled in stays as the later record had it: the edit never spoke of it.
    if "kind" not in before:
        known.pop("kind", None)
        expected.pop("kind")
    assert known == expected


@given(PLAIN)
def test_nothing_given_is_changed(plain: dict[str, Any]) -> None:
    copied = {name: [dict(one) for one in value] if isinstance(value, list) else value for name, value in plain.items()}
    upgraded(Thing, plain, 1)
    upgraded_image(Thing, "edit", plain, 1)
    assert plain == copied


def test_a_function_says_what_the_others_cannot() -> None:
    class Reworked(Thing):
        version: ClassVar[int] = 2
        steps: ClassVar[tuple[Step, ...]] = (Rework(2, lambda plain: {**plain, "n": 1}, lambda image: {"m": 2}),)

    assert upgraded(Reworked, {"a": 1}, 1) == {"a": 1, "n": 1}
    assert upgraded_image(Reworked, "edit", {"a": 1}, 1) == {"m": 2}


def test_a_later_version_is_refused() -> None:
    with pytest.raises(PerthynError) as caught:
        upgraded(Thing, {}, 5)
    assert (caught.value.code, caught.value.facts["found"]) == ("record.newer", 5)


@pytest.mark.parametrize("type", CORE_TYPES, ids=lambda type: str(type.type_name))
def test_steps_lead_to_the_version_in_order(type: type[Record]) -> None:
    numbers = [step.to for step in type.steps]
    assert numbers == sorted(numbers)
    assert not numbers or (numbers[0] > 1 and numbers[-1] == type.version)
    assert steps_from(type, type.version) == ()
