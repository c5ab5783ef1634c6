"""A letter says what its campaign says, of this person, in her language; what is known of her is never read as code."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.channel import Sender
from perthyn.contacting.fields import FIELDS, joined
from perthyn.contacting.letters import Letters, Written
from perthyn.errors import PerthynError
from perthyn.model import Address, Campaign, Contact, Email

PLAS = Sender("Plas Brithwen", "Plas Brithwen", "Plas Brithwen\nLlanfair SY20 8XX", "post@plas.example")
DAY = date(2026, 3, 1)
PAGE = "https://plas.example/p/tok"


def contact(**fields: object) -> Contact:
    return Contact.model_validate({"id": UUID(int=7), **fields})


SIAN = contact(given="Siân", family="Llŷr", title="Dr", addresses=(Address(town="Machynlleth"),))


def campaign(**fields: object) -> Campaign:
    plain = {
        "id": UUID(int=1), "code": "spring", "made": datetime(2026, 1, 1, tzinfo=UTC),
        "subject_en": "News", "subject_cy": "Newyddion", "letter_en": "Hello.", "letter_cy": "Helo.",
    }  # fmt: skip
    return Campaign.model_validate({**plain, **fields})


def letters(sender: Sender = PLAS, **fields: object) -> Letters:
    return Letters(campaign(**fields), sender=sender, today=DAY)


def write(template: str, who: Contact = SIAN, language: str = "en", **fields: object) -> str:
    """The letter's own words, in plain text."""
    made = letters(**{f"letter_{language}": template, **fields}).written(who, language, token="tok")
    return made.text.partition("\n\n-- \n")[0]


class Page(HTMLParser):
    """What a page holds: its tags, balanced or not, its words, and where it leads."""

    VOID = ("meta", "br", "hr", "img", "link", "input")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def links(self) -> list[str]:
        return [str(attrs["href"]) for tag, attrs in self.tags if "href" in attrs]


# --- fields ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "en", "cy"),
    [
        ("{{ salutation }}", "Dear Siân", "Annwyl Siân"),
        ("{{ cyfarchiad }}", "Dear Siân", "Annwyl Siân"),
        ("{{ name }}, {{ enw }}", "Dr Siân Llŷr, Dr Siân Llŷr", "Dr Siân Llŷr, Dr Siân Llŷr"),
        ("{{ first_name }} {{cyfenw}} {{-title}}", "Siân LlŷrDr", "Siân LlŷrDr"),
        ("{{ town }}", "Machynlleth", "Machynlleth"),
        ("{{ organisation }}", "Plas Brithwen", "Plas Brithwen"),
        ("{{ today }}", "1 March 2026", "1 Mawrth 2026"),
        ("{# nobody reads this #}x", "x", "x"),
    ],
)
def test_a_field_says_what_is_known_in_the_letters_language(template: str, en: str, cy: str) -> None:
    assert (write(template), write(template, language="cy")) == (en, cy)


@pytest.mark.parametrize(
    ("known", "en", "cy"),
    [
        ({"given": "Siân", "family": "Llŷr"}, "Dear Siân", "Annwyl Siân"),
        ({"title": "Mrs", "family": "Jones"}, "Dear Mrs Jones", "Annwyl Mrs Jones"),
        ({"name": "Gwilym Hen"}, "Dear Gwilym", "Annwyl Gwilym"),
        ({"name": "Mrs A. Jones"}, "Dear Mrs Jones", "Annwyl Mrs Jones"),
        ({"name": "D. J Jones"}, "Dear D. J Jones", "Annwyl D. J Jones"),
        ({"name": "Siân M. Jones"}, "Dear Siân", "Annwyl Siân"),
        ({"name": "Teilo"}, "Dear Teilo", "Annwyl Teilo"),
        ({"name": "Jones, Siân"}, "Dear Siân", "Annwyl Siân"),
        ({"salutation": "Dear Mrs Jones,", "given": "Ann"}, "Dear Mrs Jones", "Annwyl Mrs Jones"),
        ({"salutation": "Annwyl Nain"}, "Dear Nain", "Annwyl Nain"),
        ({"salutation": "Nain"}, "Dear Nain", "Annwyl Nain"),
        ({"emails": (Email(address="x@a.example"),)}, "Dear friend", "Annwyl gyfaill"),
        ({"kind": "organisation", "name": "Merched y Wawr"}, "Dear friends", "Annwyl gyfeillion"),
        ({"kind": "household", "salutation": "Mr and Mrs Jones"}, "Dear Mr and Mrs Jones", "Annwyl Mr and Mrs Jones"),
    ],
)
def test_everybody_is_greeted(known: dict[str, object], en: str, cy: str) -> None:
    who = contact(**known)
    assert (write("{{salutation}}", who), write("{{salutation}}", who, "cy")) == (en, cy)


def test_a_household_is_greeted_by_all_its_names() -> None:
    others = [contact(id=UUID(int=8), given="Elin"), contact(id=UUID(int=9), given="Gwilym")]
    one = letters(letter_en="{{salutation}}", letter_cy="{{salutation}} | {{first_name}}")
    said = one.written(SIAN, "both", token="t", household=others).text
    assert said.startswith("Annwyl Siân, Elin a Gwilym | Siân, Elin a Gwilym\n")
    assert "\nDear Siân, Elin and Gwilym\n" in said
    nameless = one.written(contact(given="Siân"), "en", token="t", household=[contact(id=UUID(int=5))]).text
    assert nameless.startswith("Dear friends\n")


def test_welsh_and_before_a_vowel() -> None:
    assert joined(["Siân", "Elin"], "cy") == "Siân ac Elin"
    assert joined(["Elin", "Siân"], "cy") == "Elin a Siân"
    assert joined(["Elin", "Ŵan"], "cy") == "Elin ac Ŵan"
    assert joined(["A"], "cy") == "A"


def test_what_is_missing_is_said_otherwise_or_holds_the_letter() -> None:
    nobody = contact(name="D. Jones")
    assert write('{{ first_name or "friend" }}', nobody) == "friend"
    assert write('{{ first_name or name or "friend" }}', nobody) == "D. Jones"
    assert write('{{ first_name or town or "friend" }}', SIAN) == "Siân"
    assert write('a{{ town or "" }}b', nobody) == "ab"
    with pytest.raises(PerthynError) as caught:
        write("{{ first_name or town }}", nobody)
    assert caught.value.code == "letter.value.missing"
    assert caught.value.facts["field"] == "first_name"


# --- languages, subject, foot ------------------------------------------------------------------------------------


def test_both_is_welsh_first_with_both_subjects() -> None:
    made = letters().written(SIAN, "both", token="tok", refuse_url=PAGE)
    assert made.subject == "Newyddion / News"
    assert (
        made.text.index("Helo.") < made.text.index("Hello.") < made.text.index("Oddi wrth:") < made.text.index("From:")
    )
    languages = [attrs["lang"] for _, attrs in Page(made.html).tags if "lang" in attrs]
    assert languages == ["cy", "cy", "cy", "en", "cy", "en"]


def test_one_language_says_nothing_in_the_other() -> None:
    made = letters().written(SIAN, "cy", token="tok", refuse_url=PAGE)
    assert made.subject == "Newyddion"
    assert "Hello" not in made.text and "From:" not in made.text and "Hello" not in made.html
    assert {attrs["lang"] for _, attrs in Page(made.html).tags if "lang" in attrs} == {"cy"}


def test_what_is_not_written_in_her_language_comes_in_the_other() -> None:
    one = letters(letter_cy=None, subject_cy=None, languages="en")
    assert one.problems() == []
    assert one.written(SIAN, "cy", token="t").text == one.written(SIAN, "both", token="t").text
    with pytest.raises(PerthynError, match=r"letter\.missing"):
        letters(letter_cy="", letter_en=None).written(SIAN, "cy", token="t")


@pytest.mark.parametrize("purpose", ["marketing", "fundraising"])
def test_each_marketing_letter_names_its_sender_and_two_ways_to_say_no(purpose: str) -> None:
    made = letters(purpose=purpose).written(SIAN, "both", token="tok", refuse_url=PAGE)
    for said in (made.text, "".join(Page(made.html).words)):
        assert said.count(": Plas Brithwen, Llanfair SY20 8XX") == 2
        assert "STOP" in said and "DAD-DANYSGRIFIO" in said and "post@plas.example" in said
    assert made.text.count(PAGE) == 2
    links = Page(made.html).links
    assert links.count(PAGE) == 2
    assert "mailto:post@plas.example?subject=STOP%20tok" in links


def test_without_a_public_address_mail_is_the_way_to_say_no() -> None:
    made = letters().written(SIAN, "en", token="tok")
    assert "STOP" in made.text and "https://" not in made.text
    assert Page(made.html).links == ["mailto:post@plas.example?subject=STOP%20tok"]


def test_a_service_letter_carries_no_marketing_block() -> None:
    made = letters(purpose="service").written(SIAN, "both", token="tok", refuse_url=PAGE)
    for said in (made.text, made.html):
        assert "STOP" not in said and "DAD-DANYSGRIFIO" not in said and PAGE not in said and "Plas Brithwen" in said


def test_the_html_is_one_article_that_fetches_nothing() -> None:
    made = letters(letter_en="Go to https://a.example/x, or write to <a@b.example>.").written(SIAN, "en", token="tok")
    page = Page(made.html)
    assert [attrs["role"] for tag, attrs in page.tags if tag == "div"] == ["article"]
    assert not {tag for tag, _ in page.tags} & {"img", "script", "link", "iframe", "object", "form"}
    assert "url(" not in made.html and "@import" not in made.html
    assert all(attrs.get("role") == "presentation" for tag, attrs in page.tags if tag == "table")


# --- Markdown ----------------------------------------------------------------------------------------------------

LETTER = """# Spring

One *line*
and another: [tickets](https://a.example/t?x=1&y=2), https://b.example/c.

- one
- two
    1. deep

> quoted

---

3. third

<b>no HTML</b> `code`

    indented
"""
PLAIN = """Spring

One line
and another: tickets (https://a.example/t?x=1&y=2), https://b.example/c.

- one
- two
  1. deep

> quoted

* * *

3. third

<b>no HTML</b> code

indented"""


def test_text_and_html_say_the_same() -> None:
    assert write(LETTER) == PLAIN
    made = letters(letter_en=LETTER).written(SIAN, "en", token="tok")
    assert Page(made.html).links[:2] == ["https://a.example/t?x=1&y=2", "https://b.example/c"]
    assert "&lt;b&gt;no HTML" in made.html and "<em>line</em><br" in made.html


def test_links_are_counted_only_where_that_was_asked_for() -> None:
    sender = Sender("P", "P", "P", "p@p.example", "https://p.example", clicks=True)
    said = {
        "letter_cy": "[Un](https://a.example/?a&b) [dau](https://b.example)",
        "letter_en": "[two](https://b.example)",
    }
    one = letters(sender, **said)
    assert one.links == ("https://a.example/?a&b", "https://b.example")
    made = one.written(SIAN, "both", token="tok")
    go = "https://p.example/p/tok/go/"
    assert [link for link in Page(made.html).links if link.startswith("https")] == [f"{go}0", f"{go}1", f"{go}1"]
    assert "go/" not in made.text and "https://a.example/?a&b" in made.text
    assert "go/" not in letters(**said).written(SIAN, "both", token="tok").html
    assert letters(**said).links == one.links


@pytest.mark.parametrize(
    ("letter", "code"),
    [
        ("![x](https://a.example/x.png)", "letter.image"),
        ("[x](/visit)", "letter.link"),
        ("[x](ftp://a.example)", "letter.link"),
        ("[x](https://a.example/?n={{name}})", "letter.field.in_link"),
        ("https://a.example/?n={{name}}", "letter.field.in_link"),
        ("<https://a.example/{{name}}>", "letter.field.in_link"),
        ("{{ nmae }}", "letter.field.unknown"),
        ("{{ name", "letter.unreadable"),
        ("{{" + "(" * 5000 + "name" + ")" * 5000 + "}}", "letter.unreadable"),
        ("{{ 'words' }}", "letter.not_a_field"),
        ("Dear { first_name },", "letter.field.braces"),
        ("Dear {first_name}}", "letter.field.braces"),
        ("Dear {First Name}", "letter.field.braces"),
        ('Dear { first_name or "friend" }', "letter.field.braces"),
        ("Dear {fname|friend}", "letter.field.braces"),
        ("Dear *|FNAME|*", "letter.field.braces"),
        ("", "letter.missing"),
        ("  \n ", "letter.missing"),
    ],
)
def test_what_keeps_a_letter_back_is_told_before_it_goes(letter: str, code: str) -> None:
    assert [one.code for one in letters(letter_en=letter).problems()] == [code]


def test_the_nearest_field_and_the_line_are_told() -> None:
    (told,) = letters(letter_cy="Annwyl\n\n{{ enw_cynta }}").problems()
    assert (told.facts["part"], told.facts["line"], told.facts["suggestion"]) == ("letter_cy", 3, "enw_cyntaf")


def test_what_would_go_out_as_it_stands_is_told_with_its_line_and_what_was_meant() -> None:
    (told,) = letters(letter_cy="Annwyl\n\n{ Enw Cyntaf },").problems()
    assert told.facts == {
        "part": "letter_cy", "line": 3, "found": "{ Enw Cyntaf }", "example": '{{ enw_cyntaf or "..." }}',
    }  # fmt: skip
    assert [one.facts["part"] for one in letters(subject_en="News for {name}").problems()] == ["subject_en"]


@pytest.mark.parametrize("said", [r"\{ first_name \}", "{}", "{1, 2}", "{ two words }", "{7*7}", "5 * |x| * 3"])
def test_braces_that_were_meant_stand(said: str) -> None:
    assert letters(letter_en=said).problems() == []


def test_both_languages_are_asked_for_unless_told_otherwise() -> None:
    half = {"letter_cy": None, "subject_cy": None}
    assert [one.facts["language"] for one in letters(**half).problems()] == ["cy", "cy"]
    assert letters(**half, languages="en").problems() == []


def test_a_marketing_letter_needs_a_sender() -> None:
    bare = Sender("P", "P")
    assert [one.code for one in letters(bare).problems()] == ["letter.sender.bare"]
    assert letters(bare, purpose="service").problems() == []


# --- nothing that is known of a person is read -------------------------------------------------------------------

EXPRESSIONS = """
7*7 ~ 7*'7' ~ name.__class__ ~ name['x'] ~ name.x ~ ''.__class__.__mro__[1].__subclasses__() ~ self ~ config
self._TemplateReference__context ~ config.items() ~ request ~ request.application.__globals__ ~ lipsum.__globals__
cycler.__init__.__globals__.os.popen('id').read() ~ joiner() ~ namespace() ~ range(10) ~ dict() ~ name() ~ 1 ~ 1.5
name|upper ~ name|attr('__class__') ~ name|or("x") ~ name|default("x") ~ name~name ~ name if name else name ~ [name]
{'a':name} ~ (name,) ~ name[0] ~ name[:1] ~ not name ~ -1 ~ 1 < 2 ~ name in name ~ name is defined ~ caller() ~ true
url_for.__globals__ ~ get_flashed_messages() ~ x.__init__ ~ name.format(name) ~ '{0.__class__}'.format(1) ~ '%s'%1
name and name ~ name == name ~ none ~ super() ~ loop.index ~ "x"*1000000000 ~ name or 7 ~ name or 7*7 ~ name or none
name or name.x ~ name or ['x'] ~ "a" or name ~ name or "a" or name ~ name or name() ~ 9**9**9 ~ debug() ~ _ ~ __class__
"""
STATEMENTS = """
for x in range(10**9) ~ for x in name ~ if name ~ if 1 ~ set x = 1 ~ include 'x' ~ import 'x' as y ~ extends 'x'
from 'x' import y ~ macro x() ~ call x() ~ filter upper ~ block x ~ autoescape false ~ with x=1 ~ do x ~ continue
debug ~ trans ~ set name = 7
"""


def listed(words: str) -> list[str]:
    return [one for one in re.split(" ~ |\n", words) if one]


TEMPLATES = [
    *("{{ " + one + " }}" for one in listed(EXPRESSIONS)),
    *("{% " + one + " %}" for one in listed(STATEMENTS)),
    *("{%- " + one + " -%}x{% end" + one.split(" ")[0] + " %}" for one in listed(STATEMENTS)),
]
OTHERS = """
${7*7} ~ #{7*7} ~ <%= 7*7 %> ~ {7*7} ~ {x.__init__} ~ {0.__class__} ~ %(x)s ~ %s ~ $name ~ ${name} ~ *{7*7} ~ @(7*7)
[[7*7]] ~ {{{7*7}}} ~ {{=7*7}} ~ {php}x{/php} ~ #set($x=7*7) ~ <#assign x=7> ~ \\{\\{7*7\\}\\} ~ \ue000en0\ue001
\ue000token\ue001 ~ \ue0020\ue003 ~ {{ '{{' }} ~ {{ name }}{{ name }} ~ &#123;&#123;7*7}} ~ <script>alert(1)</script>
*bold* _x_ `y` ~ [x](javascript:alert(1)) ~ # head ~ " onclick="x ~ ' x=' ~ &amp; ~ --> ~ ]]> ~ <!-- ~ </title> ~ <b>
"""
SAID = [*TEMPLATES, *listed(OTHERS)]


def test_there_are_enough_of_them() -> None:
    assert len(set(SAID)) >= 130


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_that_is_no_field_is_refused(template: str) -> None:
    told = letters(letter_en=template).problems()
    assert told and {one.code for one in told} <= {"letter.not_a_field", "letter.unreadable", "letter.field.unknown"}
    told = letters(subject_en=template).problems()
    assert told and told[0].facts["part"] == "subject_en"


@pytest.mark.parametrize("said", SAID)
def test_what_stands_in_a_name_comes_out_as_it_is(said: str) -> None:
    who = contact(given=said, family=said)
    one = letters(subject_en="{{first_name}}", letter_en="{{first_name}}|{{surname or first_name}}")
    made = one.written(who, "en", token="tok", refuse_url=PAGE)
    value = " ".join(said.split())
    assert made.subject == value
    assert made.text.startswith(f"{value}|{value}\n")
    page, empty = Page(made.html), Page(one.written(SIAN, "en", token="tok", refuse_url=PAGE).html)
    assert f"{value}|{value}" in "".join(page.words)
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in empty.tags]
    assert page.links == empty.links


def test_a_name_is_put_in_once_whatever_other_fields_say() -> None:
    who = contact(given="{{surname}}", family="{{first_name}}")
    assert write("{{first_name}} {{surname}}", who) == "{{surname}} {{first_name}}"


def test_braces_that_markdown_makes_are_not_read_again() -> None:
    assert write(r"\{\{ 7+7 \}\} {% raw %}{{ name }}{% endraw %} &#123;&#123;7+7}}") == "{{ 7+7 }} {{ name }} {{7+7}}"


def test_a_letter_has_an_end() -> None:
    who = contact(name="x" * 40_000)
    with pytest.raises(PerthynError, match=r"letter\.long"):
        write("{{name}}" * 100, who)
    assert len(write("{{name}}" * 5, who)) == 200_000


@given(st.text(max_size=200).filter(lambda text: not set(text) & set("\ue000\ue001\ue002\ue003")))
def test_any_text_is_a_letter_or_a_problem(source: str) -> None:
    one = letters(letter_en=source, subject_en="S") if _kept(source) else letters()
    if one.problems():
        return
    made: Written = one.written(SIAN, "en", token="tok", refuse_url=PAGE)
    Page(made.html)
    assert "\ue000" not in made.html + made.text


def _kept(source: str) -> bool:
    try:
        campaign(letter_en=source)
    except ValueError:
        return False
    return True


def test_each_field_has_a_name_in_each_language() -> None:
    assert len(FIELDS) == 16
