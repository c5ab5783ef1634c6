"""Folding: a template says the same as Jinja's own would, whatever stands in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, StrictUndefined, UndefinedError
from markupsafe import Markup

from perthyn_web.folding import Folded

PARTS = """
{%- macro badge(label, kind="plain") -%}<b class="{{ kind }}">{{ label }}{{ _("Save & go") }}</b>{%- endmacro -%}
{%- macro panel(title="") -%}<p>{{ title }}: {{ caller() }}</p>{%- endmacro -%}
{%- macro pairs() -%}{% for one in varargs %}{{ one }},{% endfor %}{{ kwargs | dictsort }}{%- endmacro -%}"""
PAGE = """
{%- import "parts.html" as parts with context -%}
{{ one }} <i title="{{ one }}">{{ parts.badge(one) }} {{ parts.badge(label=one, kind=one) }}</i>
{% call parts.panel(one) %}{{ one }}{{ words.said(one) }}{% endcall %}
{% for each in [one, "<", 1, none] %}{{ parts.badge(each) }}{{ each }}{{ loop.index }}{% endfor %}
{{ parts.pairs(1, *[one, 2], **{"class": one}) }} {{ parts.pairs(class=one) }}
{{ _(one) }}{{ _("It is {name}", name=one) }}{{ one | upper }}{{ one ~ "<" }}{{ one | safe }}{{ "<" }}"""
TEXTS = st.text(max_size=20) | st.text("&<>'\"a", max_size=6)


class Words:
    @staticmethod
    def said(what: object) -> str:
        return f"said {what}"


def _(text: str, **facts: object) -> str:
    return text.format(**facts) if facts else text


def environment(kind: type[Environment], **pages: str) -> Environment:
    loader = DictLoader({"parts.html": PARTS, "page.html": PAGE, **pages})
    made = kind(loader=loader, autoescape=True, undefined=StrictUndefined)
    made.globals |= {"_": _, "words": Words}
    if isinstance(made, Folded):
        made.known = {"_": _}
    return made


OURS, JINJAS = environment(Folded).get_template("page.html"), environment(Environment).get_template("page.html")


@given(TEXTS | TEXTS.map(Markup) | st.integers() | st.none() | st.booleans())
def test_it_says_what_jinja_says(one: Any) -> None:
    assert OURS.render(one=one) == JINJAS.render(one=one)


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(UndefinedError):
        environment(Folded, **{"odd.html": "{{ nobody }}"}).get_template("odd.html").render()
    with pytest.raises((UndefinedError, AttributeError)):
        environment(Folded, **{"odd.html": "{{ words.nothing() }}"}).get_template("odd.html").render()
