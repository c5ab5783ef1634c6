"""What somebody wrote themselves, apart from the letter they answer and the signature below."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"^\s*>")
_ATTRIBUTION = re.compile(
    r"^\s*(?:on\b.{5,200}\bwrote|ar\b.{5,200}\b(?:ysgrifennodd|ysgrifennwyd)\b.{0,120}|.{3,120} (?:wrote"
    r"|ysgrifennodd)"
    r"|le\b.{5,200}\ba écrit|am\b.{5,200}\bschrieb.{0,80})\s*:\s*$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^\s*(?:[-_]{2,}\s*(?:original (?:message|appointment)|forwarded message|neges wreiddiol"
    r"|neges a anfonwyd ymlaen)\s*[-_]{2,}"
    r"|begin forwarded message:|_{20,})\s*$",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^\s*\*?(?:from|oddi wrth|o):\*?\s", re.IGNORECASE)
_HEAD_NEXT = re.compile(r"^\s*\*?(?:sent|date|to|subject|anfonwyd|dyddiad|at|pwnc):\*?\s", re.IGNORECASE)
_DEVICE = re.compile(
    r"^\s*(?:sent from (?:my|yahoo|outlook|mail)\b.{0,60}|get outlook for .{0,40}|anfonwyd o(?:'m"
    r"| fy)\b.{0,60})$",
    re.IGNORECASE,
)
_SIGNED = 15
"""A signature of more lines than this is taken for what somebody wrote."""


def own_text(text: str) -> str:
    """The text without the quoted letter and the signature at its end; whole, where it isn't clear what is whose.

    An answer between the quoted lines is left as it is.
    """
    lines = text.splitlines()
    return "\n".join(_unsigned(lines[: _quote_begins(lines)])).strip() or text.strip()


def own_words(text: str) -> str:
    """What is certainly theirs, for finding out what somebody asks for; "" where nothing is."""
    lines = text.splitlines()
    start = next(
        (place for place, _ in enumerate(lines) if _marked(lines, place) or _attributed(lines, place)), len(lines)
    )
    return "\n".join(_unsigned([line for line in lines[:start] if not _QUOTED.match(line)])).strip()


def _quote_begins(lines: list[str]) -> int:
    """Where the quoted letter begins, if nothing but it follows; else after the end."""
    for place in range(len(lines)):
        if _marked(lines, place):
            return place
        if _attributed(lines, place) or _QUOTED.match(lines[place]):
            rest = lines[place:]
            quoted = next((i for i, line in enumerate(rest) if _QUOTED.match(line)), None)
            if quoted is None:
                return place if _attributed(lines, place) else len(lines)
            return place if all(_QUOTED.match(one) or not one.strip() for one in rest[quoted:]) else len(lines)
    return len(lines)


def _marked(lines: list[str], place: int) -> bool:
    """Whether a programme says here that the letter answered follows."""
    line = lines[place][:300]
    return bool(_ORIGINAL.match(line)) or bool(
        _HEAD.match(line) and any(_HEAD_NEXT.match(one[:300]) for one in lines[place + 1 : place + 3])
    )


def _attributed(lines: list[str], place: int) -> bool:
    """Whether ``On Monday Ann wrote:`` stands here, on one line or broken over two."""
    line = lines[place][:300]
    both = f"{line} {lines[place + 1][:300].strip()}" if place + 1 < len(lines) else line
    return bool(
        _ATTRIBUTION.match(line) or (line.strip() and _ATTRIBUTION.match(both) and not line.rstrip().endswith("."))
    )


def _unsigned(lines: list[str]) -> list[str]:
    """Without what follows ``-- `` (RFC 3676, 4.3), if it is short, and what a telephone adds."""
    for place, line in enumerate(lines):
        if line in ("-- ", "--") and len(lines) - place <= _SIGNED + 1:
            lines = lines[:place]
            break
    while lines and (not lines[-1].strip() or _DEVICE.match(lines[-1][:200])):
        lines = lines[:-1]
    return lines
