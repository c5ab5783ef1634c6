"""STOP: what can't be meant otherwise is a yes, what might be meant so is for a person, and the rest is neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn_email.quoting import own_words
from perthyn_email.stopping import asks_to_stop

YES = [
    "STOP", "stop", "Stop.", "STOP!\n\nAnn Jones", "Please stop", "stop please", "Please stop sending me emails.",
    "Unsubscribe", "unsubscribe me please", "Please unsubscribe me from your mailing list. Thanks", "UNSUB",
    "Hi,\nPlease remove me from this list\nAnn", "Dear Sir,\nUnsubscribe please", "stop emails", "stop emailing me",
    "No more emails please", "take me off your mailing list", "opt out", "Please don't send me any more emails",
    "I would like to unsubscribe", "STOP. I have had enough.", "cancel my subscription", "Can you take me off the list",
    "DAD-DANYSGRIFIO", "dad danysgrifio", "Dad-danysgrifiwch fi os gwelwch yn dda", "Hoffwn ddad-danysgrifio",
    "Helo,\n\nDwi eisiau dad-danysgrifio, diolch", "Peidiwch ag anfon rhagor o e-byst ataf", "Stopiwch",
    "Dad‑danysgrifio",
    "Dim mwy o e-byst os gwelwch yn dda", "Tynnwch fi oddi ar y rhestr", "Annwyl Gastell\nDad-danysgrifia fi",
]  # fmt: skip
NO = [
    "Please don't stop sending these!", "I never want to unsubscribe from this", "The bus stop is outside", "",
    "We will stop by on Saturday", "Diolch yn fawr, edrych ymlaen", "Is the café open?", "don't stop", "Non-stop fun!",
    "Peidiwch â stopio anfon y rhain!", "Stop by the shop", "Can we book for 12?", "Dw i ddim eisiau dad-danysgrifio",
]  # fmt: skip
DOUBTFUL = [
    "I keep getting your emails, can I unsubscribe my late father?", "How do I unsubscribe?",
    "Please stop sending the paper copy, email is fine", "Stop! Look at this photo of the tower",
    "My wife would like to unsubscribe but I would like to stay", "Would you stop sending post to my old address",
    "A ddylwn i ddad-danysgrifio?", "Please don't email me about the concert, only about the garden",
    "Please do not unsubscribe me but remove my husband from the mailing list",
    "Thank you for the visit. By the way, please take my mother off the list.",
]  # fmt: skip


@pytest.mark.parametrize("text", YES)
def test_a_plain_request_is_a_yes(text: str) -> None:
    assert asks_to_stop("Re: Newyddion / News", text) == "yes"


@pytest.mark.parametrize("text", NO)
def test_what_says_no_such_thing_is_a_no(text: str) -> None:
    assert asks_to_stop("Re: Newyddion / News", text) == "no"


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_might_be_meant_so_is_for_a_person(text: str) -> None:
    assert asks_to_stop("Re: Newyddion / News", text) == "doubtful"


@pytest.mark.parametrize(
    ("subject", "text", "answer"),
    [
        ("STOP", "", "yes"), ("unsubscribe", " \n", "yes"), ("Dad-danysgrifio", "", "yes"), ("STOP ", "Ann", "yes"),
        ("Re: STOP", "", "doubtful"), ("Stop! Look! Listen!", "What a day", "no"),
        ("How to unsubscribe", "", "doubtful"),
        ("Ateb: Newyddion", "Diolch", "no"),
    ],
)  # fmt: skip
def test_a_subject_counts_where_it_is_their_own(subject: str, text: str, answer: str) -> None:
    assert asks_to_stop(subject, text) == answer


def test_our_own_words_below_are_not_theirs() -> None:
    text = "Lovely.\n\nOn Mon, 2 Nov 2026 at 10:15, Castell <news@castell.example>\nwrote:\n\n> STOP to unsubscribe"
    assert asks_to_stop("Re: News", own_words(text)) == "no"


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_gets_an_answer(subject: str, text: str) -> None:
    assert asks_to_stop(subject, text) in ("yes", "no", "doubtful")


@given(
    st.sampled_from(["don't ", "never ", "please do not ", "peidiwch â "]),
    st.sampled_from(["stop", "unsubscribe me", "stopio"]),
)
def test_a_negated_request_is_never_a_yes(no: str, ask: str) -> None:
    assert asks_to_stop("", no + ask) != "yes"
