"""What plugins say in letters: asked for many people at once, only where a letter has the field, put in as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from campaigning import Campaigning

from perthyn.errors import PerthynError
from perthyn.hooks import hookimpl
from perthyn.letter_fields import LetterField
from perthyn.model import Address

SAYS = ("Their loan", "Eu benthyciad")
LETTERS = {
    "subject_cy": "Benthyciad", "letter_cy": "Mae {{ benthyciad }} gennych.",
    "subject_en": "A loan", "letter_en": "You have {{ loan or benthyciad or 'nothing' }}.",
}  # fmt: skip


class Loans:
    """A plugin that knows what people have borrowed, and who asked."""

    def __init__(self) -> None:
        self.said: dict[tuple[UUID, str], Any] = {}
        self.asked: list[tuple[int, str]] = []

    @hookimpl
    def offer_letter_fields(self) -> list[LetterField]:
        return [
            LetterField(("loan", "benthyciad"), SAYS, self.values),
            LetterField(("loan", "arall"), SAYS, lambda crm, ids, language: 1 / 0),  # type: ignore[arg-type, return-value]
            LetterField(("name", "enw"), SAYS, lambda crm, ids, language: dict.fromkeys(ids, "nobody")),
        ]

    def values(self, crm: Any, contacts: Sequence[UUID], language: str) -> dict[UUID, str]:
        self.asked.append((len(contacts), language))
        return {id: self.said[id, language] for id in contacts if (id, language) in self.said}


@pytest.fixture
def loans(office: Any) -> Loans:
    one = Loans()
    office.crm.plugins.add(one, "loans")
    return one


@pytest.fixture
def desk(office: Any, loans: Loans) -> Campaigning:
    return Campaigning(office)


def texts(desk: Campaigning) -> dict[str, str]:
    return {one.name: one.text.partition("\n\n-- \n")[0] for one in desk.post.sink.taken}


def test_each_reader_gets_her_own_words_in_her_language(desk: Campaigning, loans: Loans) -> None:
    sian, eira = desk.reader("Siân Llŷr", language="cy"), desk.reader("Eira Wyn")
    desk.reader("Huw Parry", language="en")
    held = desk.reader("Mair Rees", language="cy")
    loans.said = {
        (sian.id, "cy"): "{{ 7*7 }} **<b>troell</b>**", (eira.id, "cy"): "cwilt", (eira.id, "en"): "a\nquilt",
    }  # fmt: skip
    desk.crm.send_on(desk.opened(**LETTERS), "one")
    said = texts(desk)
    assert said["Siân Llŷr"] == "Mae {{ 7*7 }} **<b>troell</b>** gennych.", "put in as it is"
    assert "<b>" not in next(one.html for one in desk.post.sink.taken if one.name == "Siân Llŷr")
    assert said["Huw Parry"] == "You have nothing."
    assert "Mae cwilt gennych." in said["Eira Wyn"] and "You have a quilt." in said["Eira Wyn"]
    assert held.name not in said, "without a value and without a word instead, a letter is held"
    assert loans.asked == [(4, "cy"), (4, "en"), (4, "en")], "once for all, by each name that stands in a letter"


def test_nothing_is_asked_where_no_letter_has_the_field(desk: Campaigning, loans: Loans) -> None:
    desk.reader("Siân Llŷr")
    desk.crm.send_on(desk.opened(letter_en="{{ name }}", letter_cy="{{ enw }}"), "one")
    assert loans.asked == [] and "nobody" not in texts(desk)["Siân Llŷr"], "a name that the core has is the core's"


def test_what_is_misspelt_is_named_with_the_nearest(desk: Campaigning) -> None:
    desk.reader("Siân Llŷr")
    (problem,) = desk.crm.problems_of(desk.campaign(letter_en="{{ laon }}"))
    assert (problem.code, problem.facts["suggestion"]) == ("letter.field.unknown", "loan")
    assert "benthyciad" in str(problem.facts["known"])


def test_a_plugin_that_fails_stops_the_sending_before_a_letter_leaves(desk: Campaigning, loans: Loans) -> None:
    reader = desk.reader("Siân Llŷr", language="cy")
    campaign = desk.opened(**LETTERS | {"letter_cy": "{{ arall or '' }}"})
    with pytest.raises(PerthynError, match=r"letter\.field\.failed"):
        desk.crm.send_on(campaign, "one")
    assert desk.post.sink.taken == []
    loans.said[reader.id, "cy"] = 7
    with pytest.raises(PerthynError, match=r"letter\.field\.failed"):
        desk.crm.letter_for(desk.campaign("Haf", **LETTERS), reader)


@pytest.mark.parametrize(("theirs", "said"), [("cwilt", "cwilt"), ("troell", "dim"), (None, "dim")])
def test_a_letter_to_several_says_only_what_is_so_of_all(
    desk: Campaigning, loans: Loans, theirs: str | None, said: str
) -> None:
    both = [desk.reader(name, email="ty@x.cymru", language="cy") for name in ("Siân Llŷr", "Huw Llŷr")]
    loans.said = {(both[0].id, "cy"): "cwilt"} | ({(both[1].id, "cy"): theirs} if theirs else {})
    campaign = desk.campaign(household=True, languages="cy", **LETTERS | {"letter_cy": "{{ loan or 'dim' }}"})
    desk.post.goes = False
    assert desk.crm.send_on(campaign, "one").sent == 1
    assert list(texts(desk).values()) == [said]


def test_a_printed_letter_and_a_rehearsal_say_it_too(desk: Campaigning, loans: Loans, tmp_path: Path) -> None:
    reader = desk.reader(
        "Siân Llŷr", channel="post", language="cy", addresses=(Address(lines="1 Lôn Las", postcode="SY20 8XC"),)
    )
    loans.said[reader.id, "cy"] = "troell"
    campaign = desk.campaign("Llythyr", rule="everyone", channel="post", **LETTERS)
    desk.post.goes = False
    assert desk.crm.send_on(campaign, "one").rehearsal and "Mae troell gennych" in texts(desk)["Siân Llŷr"]
    assert desk.crm.hand_over(campaign, "letters", tmp_path / "a.html").rows == 1
    assert "Mae troell gennych" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert desk.crm.hand_over(desk.now(campaign), "letters", tmp_path / "b.html", again=True).rows == 1
    assert "Mae troell gennych" in (tmp_path / "b.html").read_text(encoding="utf-8")
