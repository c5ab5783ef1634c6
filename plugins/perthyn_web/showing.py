"""Showing: templates, in the reader's language, and the words and signs that every template has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from perthyn.crm import View
from perthyn.errors import PerthynError
from perthyn.screens import EVERYBODY, SIGNED_IN, Entry, Panel, Shown, Visit
from perthyn.text import LANGUAGES, Translator, phrase
from perthyn_web.folding import Folded

HERE = Path(__file__).parent
STATIC = HERE / "static"
THEMES = ("auto", "light", "dark")
LETTERS = {
    "subject_cy": phrase("The Welsh subject"), "letter_cy": phrase("The Welsh letter"),
    "subject_en": phrase("The English subject"), "letter_en": phrase("The English letter"),
}  # fmt: skip
"""What the parts of a campaign's letters are called, where an error says in which of them something is wrong."""


class Showing:
    """Makes pages. `folders`: the plugins' templates; `catalogues`: their words; the rest in its order."""

    def __init__(
        self, folders: Sequence[Path], catalogues: Sequence[Path], entries: Sequence[Entry], panels: Sequence[Panel]
    ) -> None:
        self.translators = {language: Translator(language, catalogues) for language in LANGUAGES}
        self.entries, self.panels = entries, panels
        self.icon = lru_cache(maxsize=1_000)(self._icon)
        self._environments = {language: self._environment(t, folders) for language, t in self.translators.items()}

    def _environment(self, t: Translator, folders: Sequence[Path]) -> Folded:
        made = Folded(
            loader=ChoiceLoader([FileSystemLoader(one) for one in (HERE / "templates", *folders)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        made.known = {"_": t, "icon": self.icon, "asset": self.asset}
        made.globals |= {
            "asset": self.asset, "icon": self.icon, "error": _error,
            "panels": self._panels, "told_in_panels": self._told_in_panels, "entries_under": self._entries_under,
        }  # fmt: skip
        made.filters |= {
            "day": _day, "instant": _instant, "money": _money, "number": _number, "said": _said, "labelled": labelled,
            "breaks": _breaks,
        }  # fmt: skip
        return made

    def page(self, visit: Visit, shown: Shown, frame: Mapping[str, Any], part: str = "") -> str:
        """The whole page, or only the block `part` of it where the template has one of that name."""
        t = visit.t
        environment = self._environments[t.language]
        template = environment.get_template(shown.template)
        menu = frame["menu"] if "menu" in frame else self._menu(visit)
        ours = {**frame, "_": t, "n_": t.n, "t": t, "lang": t.language, "visit": visit, "trouble": shown.trouble,
                "menu": menu}  # fmt: skip
        if taken := ours.keys() & shown.facts.keys():
            raise ValueError(f"{shown.template}: these names are the frame's own: {sorted(taken)}")
        facts = {**ours, **shown.facts}
        if "parts" not in facts:
            facts["parts"] = environment.get_template("parts.html").make_module(facts)
        context = template.new_context(facts)
        if part in template.blocks:
            return "".join(template.blocks[part](context))
        return "".join(template.root_render_func(context))

    def asset(self, name: str) -> str:
        """The address of a file of ours; it changes with what it holds, so that a browser may keep it for ever."""
        return f"/static/{name}?v={self._marks[name]}"

    def _icon(self, name: str, label: str = "") -> Markup:
        """A sign from the sprite; without a label it says nothing to who can't see it."""
        told = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
        sprite = self.asset("icons.svg")
        return Markup('<svg class="icon"{} focusable="false"><use href="{}#{}"></use></svg>').format(told, sprite, name)

    @cached_property
    def _marks(self) -> dict[str, str]:
        files = [one for one in STATIC.rglob("*") if one.is_file()]
        return {one.relative_to(STATIC).as_posix(): sha256(one.read_bytes()).hexdigest()[:12] for one in files}

    def _menu(self, visit: Visit) -> list[Entry]:
        return [one for one in self.entries if not one.under and allowed(visit, one.right)]

    @pass_context
    def _entries_under(self, context: Context, page: str) -> list[Entry]:
        return [one for one in self.entries if one.under == page and allowed(context["visit"], one.right)]

    @pass_context
    def _panels(self, context: Context, place: str, view: View | None = None) -> list[Markup]:
        visit, found = context["visit"], []
        for panel in self._panels_at(visit, place):
            facts = None
            with visit.crm.looking():
                facts = panel.facts(visit, view)
            if facts is not None:
                frame = {"view": view, "parts": context["parts"], "menu": context["menu"]}
                found.append(Markup(self.page(visit, Shown(panel.template, facts), frame)))
        return found

    @pass_context
    def _told_in_panels(self, context: Context, place: str) -> set[str]:
        visit = context["visit"]
        types = [type for panel in self._panels_at(visit, place) for type in panel.shows]
        return {type.called[visit.t.language == "cy"] for type in types}

    def _panels_at(self, visit: Visit, place: str) -> list[Panel]:
        return [one for one in self.panels if one.place == place and allowed(visit, one.right)]


def labelled(rows: Markup, columns: Sequence[str | Sequence[str]]) -> Markup:
    """The rows of a table, each cell with the title of its column: where there is no room they stand below each other.

    Their roles are said too, since a browser forgets them when a table is no longer laid out as one.
    """
    titles, at = [one if isinstance(one, str) else one[0] for one in columns], count()

    def told(found: re.Match[str]) -> str:
        nonlocal at
        kind, rest = found.groups()
        if kind == "tr":
            at = count()
            return f'<tr{rest} role="row">'
        title = escape(next(islice(titles, next(at), None), ""))
        return f'<{kind}{rest} role="{"cell" if kind == "td" else "rowheader"}" data-label="{title}">'

    return Markup(_EMPTY.sub(r"\1\2", _CELL.sub(told, rows)))


def _breaks(text: str) -> Markup:
    """A text with e-mail addresses in it: where there is no room a line breaks behind their @."""
    return escape(text).replace("@", Markup("@<wbr>"))


_CELL = re.compile(r"<(tr|td|th)\b([^>]*)>")
_EMPTY = re.compile(r"(<td[^>]*>)\s+(</td>)")


def allowed(visit: Visit, right: str) -> bool:
    """Whether a person has the right of a screen, a panel or an entry."""
    return right in (EVERYBODY, SIGNED_IN) or visit.crm.actor.may(right)


def _short(fact: object) -> object:
    """A fact as an error says it: of a long text that somebody typed its beginning."""
    return f"{fact[:80]}…" if isinstance(fact, str) and len(fact) > 300 else fact


@pass_context
def _error(context: Context, trouble: Exception) -> tuple[str, str]:
    return error_words(context["t"], trouble)


def error_words(t: Translator, trouble: Exception) -> tuple[str, str]:
    """What is wrong and what to do next."""
    known = trouble if isinstance(trouble, PerthynError) else PerthynError("web.broken")
    known = PerthynError(known.code, **{name: _short(fact) for name, fact in known.facts.items()})
    part, language = known.facts.get("part"), known.facts.get("language")
    if part in LETTERS:
        known = PerthynError(known.code, **{**known.facts, "part": t(LETTERS[part])})
    elif known.code.startswith("letter.") and language in ("cy", "en"):
        said = t("Welsh") if language == "cy" else t("English")
        known = PerthynError(known.code, **{**known.facts, "language": said})
    return t.error(known)


def _in_language(method: Callable[[Translator, Any], str]) -> Callable[..., str]:
    @pass_context
    def shown(context: Context, value: Any) -> str:
        return "" if value is None else method(context["t"], value)

    return shown


def _local(context: Context, value: datetime) -> datetime:
    return value.astimezone(context["visit"].crm.zone)


_day = _in_language(lambda t, value: t.day(value.date() if isinstance(value, datetime) else value))
_number = _in_language(lambda t, value: t.number(value))
_said = _in_language(lambda t, value: t.said(value))


@pass_context
def _instant(context: Context, value: datetime | date | None) -> str:
    if not isinstance(value, datetime):
        return "" if value is None else str(context["t"].day(value))
    return str(context["t"].instant(_local(context, value)))


@pass_context
def _money(context: Context, minor: int | None, currency: str = "") -> str:
    if minor is None:
        return ""
    return str(context["t"].money(minor, currency or context["visit"].crm.settings.currency))
