"""A chart of what came of a campaign: one SVG file with words in both languages, a title and a description.

Bars differ by their place and their labels, not by colour alone; the numbers stand beside them as text, so that the
chart is its own table. No script, no font of its own, nothing fetched.
"""

from __future__ import annotations

from html import escape

from perthyn.crm.outcomes import Report
from perthyn.text import Translator

WIDTH, ROW, TOP, LEFT, LONGEST = 760, 34, 74, 290, 330
WORDS = (
    ("sent", "Anfonwyd", "Sent"),
    ("held", "Daliwyd yn ôl", "Held"),
    ("bounced", "Dychwelwyd", "Came back"),
    ("delivered", "Cyrhaeddodd", "Delivered"),
    ("clicked", "Cliciodd", "Clicked"),
    ("replied", "Atebodd", "Replied"),
    ("unsubscribed", "Dad-danysgrifiodd", "Unsubscribed"),
    ("complained", "Cwynodd", "Complained"),
)
_UNMEASURED = "heb ei fesur / not measured"


def chart(found: Report) -> str:
    """The SVG text."""
    numbers = _numbers(found)
    most = max((value for value in numbers.values() if value), default=1)
    names = dict.fromkeys(one for one in (found.campaign.name("cy"), found.campaign.name("en")))
    title = " / ".join(names)
    rows = [_row(place, f"{cy} / {en}", numbers[name], most) for place, (name, cy, en) in enumerate(WORDS)]
    told = "; ".join(f"{cy} / {en}: {_said(numbers[name])}" for name, cy, en in WORDS)
    money = " / ".join(
        f"{word}: {Translator(language).money(found.whole.total, found.currency)}"
        for language, word in (("cy", "Incwm"), ("en", "Income"))
    )
    height = TOP + ROW * len(WORDS) + 46
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="title desc" font-family="sans-serif" font-size="15">\n'
        f'<title id="title">{escape(title)}</title>\n<desc id="desc">{escape(f"{told}. {money}")}</desc>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n'
        f'<text x="20" y="34" font-size="20" font-weight="bold" fill="#22201c">{escape(title)}</text>\n'
        f'<text x="20" y="58" fill="#5b564d">{found.as_of.isoformat()}</text>\n'
        + "".join(rows)
        + f'<text x="20" y="{height - 16}" fill="#22201c">{escape(money)}</text>\n</svg>\n'
    )


def _numbers(found: Report) -> dict[str, int | None]:
    whole = found.whole
    known: dict[str, int | None] = {"sent": whole.sent, "held": sum(found.held.values())}
    known |= {"delivered": found.delivered(whole)}
    return known | {name: found.response(whole, name) for name, _, _ in WORDS if name not in known}


def _said(value: int | None) -> str:
    return _UNMEASURED if value is None else f"{value:,}"


def _row(place: int, label: str, value: int | None, most: int) -> str:
    y = TOP + ROW * place
    long = round(LONGEST * (value or 0) / most)
    bar = f'<rect x="{LEFT}" y="{y}" width="{long}" height="{ROW - 12}" fill="#8a2b32"/>\n' if long else ""
    return (
        f'<text x="{LEFT - 12}" y="{y + 16}" text-anchor="end" fill="#22201c">{escape(label)}</text>\n{bar}'
        f'<text x="{LEFT + long + 8}" y="{y + 16}" fill="#22201c">{escape(_said(value))}</text>\n'
    )
