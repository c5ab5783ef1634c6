"""Texts: byte for byte as they were given, or refused alike everywhere; nothing is normalised in silence."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from perthyn.changes import Block, Create, Delete, Edit
from perthyn.model import Address, Contact, Custom, Email, ExternalId, Record, Relationship, Role, Setting, Tag, Takings
from perthyn.model.identity import match_keys
from perthyn.store import Store
from perthyn.testing.suite.base import DAY, StoreCases, happened, numbered, one, person, taken

NAUGHTY = {
    "welsh": "Ŵŵ Ŷŷ Ââ Êê Îî Ôô Ûû Ïï: Tŷ'n-y-Dŵr",
    "composed": "\u0177 \u0175 \u00e9",
    "combining": "y\u0302 w\u0302 e\u0301 q\u0307\u0323",
    "zalgo": "Z\u0351\u036b\u0343\u036a\u0302a\u0327\u035al\u0325g\u030do",
    "right to left": "שלום עולם مرحبا",
    "direction marks": "a\u202eb\u202cc\u200fd\u2066e\u2069",
    "emoji": "🐉 👩🏽\u200d🚀 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f ✌🏿️",
    "astral": "𝒜𠜎\U0010ffff",
    "zero width": "a\u200bb\ufeffc\u2060d\u00ade",
    "spaces": " \t lead, \u00a0trail\u3000 \u2003 ",
    "lines": "\nfirst\n\nlast\n",
    "separators": "a\u2028b\u2029c",
    "leading quote": "'007",
    "formulas": "=1+1",
    "plus": "+44 7700 900123",
    "minus": "-1",
    "at": "@SUM(A1)",
    "sql": "Robert'); DROP TABLE contact;-- \" ` \\ %_",
    "wildcards": "100%_[a-z]*?\\%",
    "markup": "<script>alert(1)</script> &amp; ]]>",
    "templates": "{name} %s %(a)s ${x} {{7*7}} {0.__class__}",
    "numbers": "1e9",
    "zeros": "007",
    "decimal": "1.0",
    "words": "NULL",
    "none": "None",
    "true": "TRUE",
    "nan": "NaN",
    "dates": "2026-02-30",
    "json": '{"a": [null, "\\u0000"]}',
    "sharp s": "ẞß Straße",
    "dotless": "İı Iıİi",
    "ligatures": "ﬁ ﬂ Ǆ ﷺ",
    "signs": "¬!\"£$%^&*()_+-=[]{};:@'~#<,>.?/|\\`¦",
    "replacement": "\ufffd \ufffc",
    "not a character": "\ufffe\uffff\U0001fffe",
    "private": "\ue000\U000f0000",
    "long": "ŵ" * 500,
}

REFUSED = {
    "NUL": "a\x00b",
    "only NUL": "\x00",
    "lone high surrogate": "a\ud83d",
    "lone low surrogate": "\udc09b",
    "escape": "\x1b[31m",
    "bell": "\x07",
    "carriage return": "a\r\nb",
    "delete": "a\x7f",
    "C1 control": "a\x85b",
    "50,001 characters": "x" * 50_001,
}


class TextCases(StoreCases):
    """What is kept, what is refused, and what stays apart."""

    @pytest.mark.parametrize("name", sorted(NAUGHTY))
    def test_text_is_kept_as_given(self, store: Store, name: str) -> None:
        """In every kind of text field: plain, words, parts, JSON, ids elsewhere."""
        text = NAUGHTY[name]
        who = person(
            1,
            text,
            given=text,
            note=text,
            tags=(Tag(tag=text),),
            roles=(Role(role=text, level=text),),
            emails=(Email(address=text),),
            addresses=(Address(lines=text, town=text, postcode=text),),
            custom=(Custom(name=text, text=text),),
            external_ids=(ExternalId(source=text, external=text),),
            relationships=(Relationship(kind=text, other=numbered(2)),),
        )
        words: dict[str, Any] = dict.fromkeys(
            ("kind", "channel", "site", "event", "campaign", "order", "subject", "text", "raw", "source", "source_id"),
            text,
        )
        records: list[Record] = [who, taken(11, **words), Setting(id=numbered(12), name=text, value=text)]
        self.add(store, *records)
        assert [one(store, record) for record in records] == records

    @pytest.mark.parametrize("name", sorted(NAUGHTY))
    def test_text_is_kept_on_every_way(self, store: Store, name: str) -> None:
        """In a block, an edit, a line of the journal and a batch's own words; found by key and by source."""
        text = NAUGHTY[name]
        rows = [happened(11, person(1), channel=text, text=text, source=text, source_id=text)]
        self.write(store, Create(person(1, "Ann")), blocks=[Block.of(rows)])
        self.write(store, Edit("contact", numbered(1), {"name": ("Ann", text), "note": (None, text)}))
        receipt = self.write(
            store,
            Edit("contact", numbered(1), {"name": (text, "Ann")}),
            Edit("interaction", numbered(11), {"text": (text, None)}),
            actor=text,
            reason=text,
            kind=text,
            facts={"text": text, text: [text]},
        )
        header = store.header(receipt.batch)
        assert header is not None
        assert (header.actor, header.reason, header.kind, dict(header.facts)) == (
            text,
            text,
            text,
            {"text": text, text: [text]},
        )
        assert [dict(line.before) for line in store.journal(batch=receipt.batch)] == [{"name": text}, {"text": text}]
        assert set(store.sourced(text, [text])) == {text}
        assert one(store, rows[0]) == rows[0].with_values({"text": None})
        now = person(1, text, emails=(Email(address=text),))
        self.write(store, Delete(one(store, rows[0])), Delete(one(store, person(1))), Create(now))
        assert set(store.keyed(match_keys(now))) == match_keys(now)
        store.search(text)

    @pytest.mark.parametrize("name", sorted(REFUSED))
    def test_text_is_refused_alike(self, name: str) -> None:
        """What some backend could not keep is refused by the model, in records and in blocks."""
        text = REFUSED[name]
        for field in ("name", "note", "given"):
            with pytest.raises(ValidationError):
                person(1, **{"name": None, field: text})
        columns: dict[str, list[Any]] = {"id": [numbered(11)], "kind": ["visit"], "day": [DAY], "raw": [text]}
        block, wrong = Block.validated(Takings, columns)
        assert (block.size, set(wrong)) == (0, {0})

    def test_the_longest_text(self, store: Store) -> None:
        """50,000 characters outside the basic plane come back, created, edited and in a block."""
        text = "🐉" * 50_000
        self.write(store, Create(person(1, note=text)), blocks=[Block.of([taken(11, raw=text)])])
        assert one(store, person(1)).value_at("note") == one(store, taken(11)).value_at("raw") == text
        self.write(store, Edit("contact", numbered(1), {"note": (text, "ŵ" * 50_000)}))
        assert one(store, person(1)).value_at("note") == "ŵ" * 50_000
        assert [line.before for line in store.journal()] == [{"note": text}]

    def test_forms_of_one_letter_stay_apart(self, store: Store) -> None:
        """Composed and combining, upper and lower: equal to a reader, and each kept as it was written."""
        forms = ["ŷ", "y\u0302", "Ŷ", "Y\u0302", "y", "Y", "ŷ ", " ŷ"]
        self.add(store, *(person(1 + n, form, tags=(Tag(tag=form),)) for n, form in enumerate(forms)))
        self.add(store, *(taken(21 + n, channel=form, event=form) for n, form in enumerate(forms)))
        found = list(store.scan(Contact))
        assert [who.name for who in found] == [who.tags[0].tag for who in found] == forms
        assert [row.channel for row in store.scan(Takings)] == [row.event for row in store.scan(Takings)] == forms

    def test_an_empty_text_is_none(self, store: Store) -> None:
        """ "" and None are the same: unknown."""
        self.add(store, person(1, "", note=""), taken(11, site=""))
        assert (one(store, person(1)).value_at("name"), one(store, taken(11)).value_at("site")) == (None, None)
        columns: dict[str, list[Any]] = {"id": [numbered(12)], "kind": ["visit"], "day": [DAY], "site": [""]}
        self.write(store, blocks=[Block.validated(Takings, columns)[0]])
        assert one(store, taken(12)).value_at("site") is None
        self.write(store, Edit("takings", numbered(12), {"site": (None, "Tŷ")}))
        self.write(store, Edit("takings", numbered(12), {"site": ("Tŷ", "")}))
        assert one(store, taken(12)).value_at("site") is None
