"""Names are taken apart as far as they say themselves, and never refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.importing.names import split_name


@pytest.mark.parametrize(
    ("written", "title", "first", "family", "kind"),
    [
        ("Mr & Mrs D Jones", "Mr & Mrs", "D", "Jones", "household"),
        ("Siân a Huw Jones", "", "Siân & Huw", "Jones", "household"),
        ("Siân Jones & Huw Davies", "", "", "", "household"),
        ("Teulu Jones", "", "", "Jones", "household"),
        ("Jones, D.", "", "D.", "Jones", "person"),
        ("Rees, Mrs Mary", "Mrs", "Mary", "Rees", "person"),
        ("Y Parchedig Ieuan Davies", "Y Parchedig", "Ieuan", "Davies", "person"),
        ("Bns Mair Huws", "Bns", "Mair", "Huws", "person"),
        ("Dafydd ap Gwilym", "", "Dafydd", "ap Gwilym", "person"),
        ("Nia ferch Hywel", "", "Nia", "ferch Hywel", "person"),
        ("John van der Berg", "", "John", "van der Berg", "person"),
        ("Ffion-Haf O’Brien", "", "Ffion-Haf", "O’Brien", "person"),
        ("Charlotte Church", "", "Charlotte", "Church", "person"),
        ("Llŷr", "", "Llŷr", "", "person"),
        ("Merched y Wawr Brithwen", "", "", "", "organisation"),
    ],
)
def test_parts(written: str, title: str, first: str, family: str, kind: str) -> None:
    name = split_name(written)
    assert (name.title, name.given, name.family, name.kind) == (title, first, family, kind)
    assert name.whole == written


def test_a_remark_that_somebody_has_died() -> None:
    name = split_name("Ifor Rees (wedi marw)")
    assert (name.whole, name.family, name.deceased) == ("Ifor Rees", "Rees", True)
    assert not split_name("Marw Rees").deceased


@given(st.text(max_size=60))
def test_no_name_is_refused(text: str) -> None:
    assert split_name(text).kind in ("person", "household", "organisation")
