"""What came back: hard or soft, whose letter it was, and that no message stops the reading."""

from __future__ import annotations

from collections import Counter
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from bounce_collection import TOKEN, Labelled, all_of_them, counted, diagnostics, of_flufl, ours, table
from hypothesis import example, given
from hypothesis import strategies as st

from perthyn_email.bounces import judged
from perthyn_email.quoting import own_text
from perthyn_email.reading import parsed, text_of
from perthyn_email.reasons import reason

EVERY = all_of_them()


def named(messages: list[Labelled]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("one", messages, ids=[one.name for one in messages])


def test_hard_and_soft_are_judged_right_at_least_95_times_in_100() -> None:
    counts = counted(EVERY)
    print(table(counts))
    bounces = [one for one in EVERY if one.label in ("hard", "soft")]
    soft = sum(one.label == "soft" for one in bounces)
    assert len(bounces) >= 100 and soft >= 50
    assert (counts["hard", "hard"] + counts["soft", "soft"]) / len(bounces) >= 0.95
    assert counts["soft", "hard"] / soft <= 0.02
    assert counts["unsaid", "hard"] == 0  # what gives no reason ends no address


def test_the_rule_by_the_first_digit_would_be_worse() -> None:
    """What the figure is worth: a report that says 5.x.x or nothing is taken for hard by who reads no further."""
    bounces = [one for one in EVERY if one.label in ("hard", "soft")]
    naive = sum((b"\nStatus: 4" in one.raw) == (one.label == "soft") for one in bounces)
    assert naive / len(bounces) < 0.85


@named([one for one in EVERY if one.label not in ("hard", "soft", "unsaid")])
def test_what_is_no_bounce_is_judged_as_what_it_is(one: Labelled) -> None:
    assert one.judgement.kind == one.label


@named([one for one in ours() if TOKEN.encode() in one.raw])
def test_whose_letter_it_was_is_found(one: Labelled) -> None:
    assert one.judgement.token == TOKEN


@named([one for one in of_flufl() if one.label in ("hard", "soft")])
def test_the_address_is_found(one: Labelled) -> None:
    without = ("bounce_01.txt", "dumbass_01.txt", "simple_43.txt")  # these name none
    assert bool(one.judgement.addresses) == (one.name not in without)


@pytest.mark.parametrize(("label", "said"), list(diagnostics()))
def test_what_a_server_says_weighs_alike_with_a_status_that_says_nothing(label: str, said: str) -> None:
    assert reason(f"{said[0]}.0.0", said).weight == label


@pytest.mark.parametrize(("file", "right"), [("unseen.txt", 0.95), ("unseen2.txt", 0.85)])
def test_what_nobody_looked_at_before_errs_on_the_side_of_soft(file: str, right: float) -> None:
    """The rules were mended after the first file was looked at, not after the second: its figure is the honest one."""
    counts = Counter((label, reason("", said).weight) for label, said in diagnostics(file))
    assert counts["soft", "hard"] == 0
    assert (counts["hard", "hard"] + counts["soft", "soft"]) / sum(counts.values()) >= right


def test_a_report_about_two_is_hard_only_where_both_are() -> None:
    both = next(one for one in ours() if one.name == "rfc3464-two-one-late")
    assert both.judgement.kind == "soft"
    hard = both.raw.replace(b"Status: 4.2.2", b"Status: 5.1.1")
    assert judged(parsed(hard)).kind == "hard"


def test_the_address_as_we_wrote_it_goes_before_where_it_led() -> None:
    both = next(one for one in ours() if one.name == "rfc3464-two-one-late")
    assert both.judgement.addresses == ("teulu@plas.example",)


def test_words_of_the_letter_that_is_given_back_are_not_the_servers() -> None:
    said = (
        b"From: MAILER-DAEMON@a.example\nSubject: failure notice\n\nHi. This is the qmail-send program.\n\n"
        b"<x@y.example>:\nThe server did not say why.\n\n--- Below this line is a copy of the message.\n\n"
        b"Subject: No such user, mailbox unavailable, user unknown\n"
    )
    assert judged(parsed(said)).kind == "soft"


def test_a_postmaster_may_write_as_a_person() -> None:
    said = f"From: Ann <postmaster@capel.example>\nIn-Reply-To: <{TOKEN}@c.example>\nSubject: Re: News\n\nDiolch!"
    assert judged(parsed(said.encode())).kind == "reply"


def test_a_token_in_a_longer_word_is_none() -> None:
    assert judged(parsed(f"From: a@b.example\nIn-Reply-To: <x{TOKEN}@c.example>\n\nHi".encode())).token == ""
    assert judged(parsed(f"From: a@b.example\nIn-Reply-To: <{TOKEN.upper()}@c.example>\n\nHi".encode())).token == TOKEN


# --- anything may come ------------------------------------------------------------------------------------------


def is_read(raw: bytes) -> None:
    """It is judged, and what was written can be stored."""
    message = parsed(raw)
    judgement = judged(message)
    text = own_text(text_of(message))
    for said in (text, judgement.token, judgement.status, judgement.why, *judgement.addresses):
        said.encode("utf-8")
        assert not any(letter < " " and letter not in "\n\t" for letter in said)


@given(st.data())
def test_a_damaged_message_is_read(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(EVERY)).raw)
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, max(0, len(raw) - 1)))
        length = data.draw(st.integers(0, 40))
        raw[at : at + length] = data.draw(st.binary(max_size=40))
    is_read(bytes(raw))


@given(st.binary(max_size=2000))
@example(b"")
@example(b"\n\n\n")
@example(b"Content-Type: multipart/report; boundary\n\n--")
@example(b"Content-Type: message/delivery-status\n\n\n\n\n")
@example(b"Content-Type: text/plain; charset*=utf-8''%ff%fe\n\nx")
@example(b"From: =?punycode?q?aaaa-?=\n\nx")
@example(b"Subject: =?utf-8?b?////?=\nFrom: <>\n\nx")
def test_any_bytes_are_read(raw: bytes) -> None:
    is_read(raw)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("From", "To", "Subject", "Content-Type", "Auto-Submitted", "Return-Path", "References")),
            st.text(max_size=80),
        ),
        max_size=12,
    ),
    st.text(max_size=300),
)
def test_any_headers_are_read(headers: list[tuple[str, str]], body: str) -> None:
    is_read(("".join(f"{name}: {value}\n" for name, value in headers) + f"\n{body}").encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "charset", ["utf-9", "punycode", "idna", "base64", "zlib", "utf-16", "undefined", "\x00", "cp037"]
)
def test_a_wrong_charset_is_read(charset: str) -> None:
    is_read(
        b"From: a@b.example\nContent-Type: text/plain; charset=" + charset.encode() + b"\n\nCaf\xc3\xa9 \xff\xfe" * 50
    )


def test_parts_nested_a_thousand_deep_are_read() -> None:
    head = "From: a@b.example\nSubject: x\n"
    deep = "".join(f'Content-Type: multipart/mixed; boundary="b{i}"\n\n--b{i}\n' for i in range(1000))
    is_read((head + deep + "\nhello").encode())
    wrapped = "Content-Type: message/rfc822\n\n" * 3000
    is_read((head + wrapped + "\nhello").encode())


def test_ten_megabytes_are_read() -> None:
    message = MIMEMultipart()
    message["From"], message["Subject"] = "a@b.example", "Lluniau"
    message.attach(MIMEText("STOP\n" + "x" * 5_000_000))
    message.attach(MIMEText("y\n" * 2_500_000, "html"))
    assert judged(parsed(message.as_bytes())).kind == "unsubscribe"
    is_read(b"From: mailer-daemon@b.example\nSubject: failure notice\n\n" + b"<a@b.example>: " * 700_000)
    is_read(b"From: a@b.example\nSubject: " + b"x@y.example, " * 800_000 + b"\n\nhello")
    is_read(b"From: " + b"x@y.example, " * 800_000 + b"\n\n> " + b"> " * 100_000)
