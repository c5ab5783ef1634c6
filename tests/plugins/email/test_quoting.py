"""What somebody wrote is kept; the letter they answer is left out where it is clear what is whose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn_email.quoting import own_text
from perthyn_email.reading import of_html

THEIRS = "Diolch! Byddwn yno."


@pytest.mark.parametrize(
    "below",
    [
        "On Mon, 2 Nov 2026 at 10:15, Castell <news@castell.example> wrote:\n> Helo\n> Mair",
        "On Mon, 2 Nov 2026 at 10:15, The Castle and its Gardens <news@castell.example>\nwrote:\n\n> Helo\n\n> Mair",
        "Ar Llun, 2 Tach 2026 am 10:15 ysgrifennodd Castell <news@castell.example>:\n> Helo",
        "-----Original Message-----\nFrom: Castell\nSent: today\n\nHelo Mair",
        "-----Neges wreiddiol-----\nOddi wrth: Castell\n\nHelo Mair",
        "________________________________\nFrom: Castell\nSent: 02 November 2026\nTo: Mair\nSubject: x\n\nHelo",
        "From: Castell <news@castell.example>\nDate: Monday\nTo: Mair\nSubject: x\n\nHelo Mair",
        "> Helo\n> Mair",
        "-- \nMair Evans\n01970 623111",
        "Sent from my iPhone",
        "Anfonwyd o fy iPhone\n\n> Helo",
    ],
)
def test_what_is_not_theirs_is_left_out(below: str) -> None:
    assert own_text(f"{THEIRS}\n\n{below}\n") == THEIRS


@pytest.mark.parametrize(
    "text",
    [
        "> Are you coming?\nYes!\n> With whom?\nWith Dai.",
        "On Monday I wrote:\n> a letter\nand then I went home.",
        "> Helo\n> Mair",
        "From: the bottom of my heart, thank you",
        "-- \n" + "\n".join(f"line {i}" for i in range(30)),
        "I wrote to you on Monday and nobody answered me:\nwhy?",
    ],
)
def test_where_it_is_not_clear_all_of_it_is_kept(text: str) -> None:
    assert own_text(text) == text.strip()


@given(st.text(alphabet="ab>:\n -OnFromwrote_", max_size=200))
def test_something_always_remains_of_what_was_written(text: str) -> None:
    own = own_text(text)
    assert bool(own) == bool(text.strip())
    assert len(own) <= len(text)


def test_a_page_is_read_as_its_words() -> None:
    head = "<html><head><style>p {x}</style></head>"
    page = f"{head}<body><p>Helo&nbsp;<b>Mair</b></p><div>Diolch<br>Dai &amp; Non</div></body>"
    assert [line for line in of_html(page).splitlines() if line] == ["Helo Mair", "Diolch", "Dai & Non"]
