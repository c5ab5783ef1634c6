"""Addresses of spreadsheets, as browsers show them."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn_sheets.addresses import address_of, sheet_id

ID = "1qpyC0XzvTcKT6EISywvqESX3A0MwQoFDE8p-Bll4hps"


@pytest.mark.parametrize(
    "address",
    [
        f"https://docs.google.com/spreadsheets/d/{ID}",
        f"https://docs.google.com/spreadsheets/d/{ID}/",
        f"https://docs.google.com/spreadsheets/d/{ID}/edit#gid=0",
        f"https://docs.google.com/spreadsheets/d/{ID}/edit?gid=0#gid=0",
        f"https://docs.google.com/spreadsheets/d/{ID}/edit?usp=sharing",
        f"https://docs.google.com/spreadsheets/d/{ID}/edit?usp=drive_link&ouid=1&rtpof=true&sd=true",
        f"https://docs.google.com/spreadsheets/u/1/d/{ID}/edit",
        f"https://docs.google.com/a/brithwen.cymru/spreadsheets/d/{ID}/edit",
        f"http://docs.google.com/spreadsheets/d/{ID}/view",
        f"HTTPS://Docs.Google.com/spreadsheets/d/{ID}/htmlview",
        f"  https://docs.google.com/spreadsheets/d/{ID}/edit#gid=12&range=A1\n",
    ],
)
def test_the_id_is_found_in_every_form_that_browsers_show(address: str) -> None:
    assert sheet_id(address) == ID


@pytest.mark.parametrize(
    "address",
    [
        "",
        ID,
        "sqlite:///perthyn.sqlite",
        f"https://docs.google.com/document/d/{ID}/edit",
        f"https://example.org/spreadsheets/d/{ID}/edit",
        f"https://docs.google.com.example.org/spreadsheets/d/{ID}",
        f"https://example.org/?https://docs.google.com/spreadsheets/d/{ID}",
        "https://docs.google.com/spreadsheets/d/e/2PACX-1vQk2/pubhtml",
        "https://docs.google.com/spreadsheets/u/0/",
        "https://docs.google.com/spreadsheets/d/",
        "https://[docs.google.com/spreadsheets/d/",
    ],
)
def test_what_is_no_spreadsheets_address_has_no_id(address: str) -> None:
    assert sheet_id(address) is None


@given(st.text(string.ascii_letters + string.digits + "-_", min_size=20, max_size=60))
def test_the_address_of_an_id_leads_back_to_it(id: str) -> None:
    assert sheet_id(address_of(id)) == id
