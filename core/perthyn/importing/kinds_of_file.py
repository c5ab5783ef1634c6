"""What kind of file it is, by its name, its sheet and its columns: a stable source, a role, a kind."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from perthyn.importing.headings import heading_key
from perthyn.text import fold


@dataclass(frozen=True)
class FileKind:
    """A kind of file that organisations keep: the account it stands for, whom and what its lines tell of."""

    source: str
    words: str
    role: str = ""
    kind: str = ""


_KINDS = (
    FileKind("volunteers", r"volunt|gwirfodd|rota\b|rotas\b|shift|sifft", "volunteer", "shift"),
    FileKind("members", r"member|aelod|friends\b|cyfeillion", "member", "membership"),
    FileKind("donations", r"donat|donor|rhodd|gifts?\b|giving", "", "donation"),
    FileKind("newsletter", r"newslett|cylchlyth|newyddlen|mailing|rhestr bost|subscrib|tanysgrif", "", "signup"),
    FileKind("bookings", r"booking|ticket|tocyn|archeb|attendee|order", "", "booking"),
    FileKind("visitors", r"visit|ymwel", "", "visit"),
    FileKind("till", r"till?\b|sales|gwerthiant|shop|siop|cafe|caffi|takings", "", "purchase"),
    FileKind("press", r"press\b|wasg|media\b", "press", ""),
    FileKind("complaints", r"complain|cwyn", "", "complaint"),
    FileKind("enquiries", r"enquir|inquir|ymholiad", "", "enquiry"),
    FileKind("calls", r"\bcalls?\b|galwad", "", "call"),
)
_UNKNOWN = FileKind("", "")


def kind_of_file(name: str, headers: Sequence[str], have: set[str]) -> FileKind:
    """The kind of a file by its name (with its sheet's), else by the meanings it has, else by its headers."""
    if kind := _by_words(name):
        return kind
    if have & {"role_end", "level"}:
        return _by_source("members")
    if "party_size" in have and "amount" not in have:
        return _by_source("visitors")
    joined = " ".join(heading_key(header) for header in headers)
    return _by_words(re.sub(r"gift aid\w*|rhodd cymorth", "", joined)) or _UNKNOWN


def _by_words(text: str) -> FileKind | None:
    plain = re.sub(r"[\W_\d]+", " ", fold(text))
    return next((kind for kind in _KINDS if re.search(rf"\b(?:{kind.words})", plain)), None)


def _by_source(source: str) -> FileKind:
    return next(kind for kind in _KINDS if kind.source == source)


def source_by_headers(about: str, headers: Sequence[str]) -> str:
    """A source for a file of no known kind: the same headers give the same source, whatever the file's name."""
    joined = "\n".join(heading_key(header) for header in headers)
    return f"{about}-{hashlib.sha256(joined.encode()).hexdigest()[:6]}"
