"""From bytes to letters: in which encoding a text file was written.

A byte order mark decides; else strict UTF-8 over the whole file; else the single-byte encodings that Welsh
and English files really come in, scored by how well each one's reading looks like Welsh or English.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from perthyn.errors import PerthynError
from perthyn.importing.files import read_head

CHUNK = 1 << 20
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CANDIDATES = ("cp1252", "iso-8859-14", "mac-roman")  # in order of likelihood: a tie goes to the first
ASCII = bytes(range(128))
CONTROLS = bytes({*range(1, 32), 127} - {*b"\t\n\v\f\r\x1a\x1b"})
EXPECTED = frozenset("âêîôûŵŷäëïöüẅÿáéíóúẃýàèìòùẁỳñçÂÊÎÔÛŴŶÄËÏÖÜẄŸÁÉÍÓÚẂÝÀÈÌÒÙẀỲÑÇ")
WINDOW = re.compile(rb"[^\r\n]{0,8}[\x80-\xff][^\r\n]{0,8}")
WINDOWS = 5_000
MOSTLY = 0.8  # share of well-formed sequences from which a damaged file still counts as UTF-8


@dataclass(frozen=True)
class Decoding:
    """How to open a text file: a Python codec name, and what to do with bytes that do not fit it.

    `errors` is "replace" only for UTF-8 with a few damaged letters; `damaged` is the line of the first one.
    """

    encoding: str
    errors: Literal["strict", "replace"] = "strict"
    damaged: int = 0


def find_encoding(path: Path, encoding: str | None = None) -> Decoding:
    """The encoding of a text file, proved over all of its bytes (in one pass if it is UTF-8).

    A given `encoding` is only checked. Raises `import.file.binary`, `.nul`, `.cell_too_long` (a line of more
    than a million bytes), `.encoding_wrong` and `.encoding_unknown`.
    """
    head = read_head(path)
    wanted = encoding or _marked(head) or _wide(head)
    if wanted:
        if wrong := _first_wrong_line(path, wanted):
            raise PerthynError("import.file.encoding_wrong", file=path.name, encoding=wanted, line=wrong)
        return Decoding(wanted)
    if len(head.translate(None, CONTROLS)) < 0.98 * len(head):
        raise PerthynError("import.file.binary", file=path.name)
    wrong = _first_wrong_line(path, "utf-8", nul=True)
    if not wrong:
        return Decoding("utf-8")
    if _well_formed_share(path) >= MOSTLY:
        return Decoding("utf-8", "replace", wrong)
    return Decoding(_single_byte(path))


def _marked(head: bytes) -> str:
    return next((name for mark, name in MARKS if head.startswith(mark)), "")


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: nearly every second byte is NUL, all on one side."""
    first, second = head[0::2].count(0), head[1::2].count(0)
    if max(first, second) * 4 < len(head) or min(first, second) * 20 > max(first, second):
        return ""
    return "utf-16-le" if second > first else "utf-16-be"


def _chunks(path: Path) -> Iterator[tuple[int, bytes]]:
    """The file in pieces, each with the number of lines before it."""
    lines = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield lines, chunk
            lines += _line_ends(chunk)


def _line_ends(data: bytes) -> int:
    return data.count(b"\n") or data.count(b"\r")


def _first_wrong_line(path: Path, encoding: str, *, nul: bool = False) -> int:
    """The first line not of that encoding, or 0; raises for endless lines and, if told, for NUL bytes."""
    try:
        path.open(encoding=encoding).close()  # knows encodings of text only: base64 is none
    except LookupError as error:
        raise PerthynError("import.file.encoding_unknown", file=path.name, encoding=encoding) from error
    decoder = codecs.getincrementaldecoder(encoding)()
    wrong = lines = 0
    for lines, chunk in _chunks(path):
        if nul and (place := chunk.find(0)) >= 0:
            raise PerthynError("import.file.nul", file=path.name, line=lines + _line_ends(chunk[:place]) + 1)
        if len(chunk) == CHUNK and not _line_ends(chunk):
            raise PerthynError("import.file.cell_too_long", file=path.name, line=lines + 1, limit=CHUNK)
        if not wrong:
            try:
                decoder.decode(chunk)
            except UnicodeError as error:
                start = error.start if isinstance(error, UnicodeDecodeError) else 0
                wrong = lines + _line_ends(chunk[:start]) + 1
    if not wrong:
        try:
            decoder.decode(b"", final=True)
        except UnicodeError:
            wrong = lines + 1
    return wrong


def _well_formed_share(path: Path) -> float:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    for _, chunk in _chunks(path):
        text = decoder.decode(chunk)
        replaced = text.count("\ufffd")
        bad += replaced
        good += len(text) - replaced - len(text.encode("ascii", "ignore"))
    return good / max(good + bad, 1)


def _single_byte(path: Path) -> str:
    used: set[int] = set()
    windows: list[bytes] = []
    for _, chunk in _chunks(path):
        used.update(chunk.translate(None, ASCII))
        if len(windows) < WINDOWS:
            windows.extend(match.group() for match in WINDOW.finditer(chunk))
    sample = b"\n".join(windows[:WINDOWS])
    whole = [name for name in CANDIDATES if _decodes(bytes(used), name)]
    return max(whole, key=lambda name: _likeness(sample.decode(name)))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _likeness(text: str) -> int:
    """How much a reading looks like Welsh or English: points for each letter beyond ASCII."""
    padded = f" {text} "
    return sum(
        _points(letter, padded[place - 1], padded[place + 1]) for place, letter in enumerate(padded) if letter > "\x7f"
    )


def _points(letter: str, before: str, after: str) -> int:
    inside = before.isalpha() and after.isalpha()
    if letter < "\xa0":
        return -10
    if letter in "’‘":
        return 2
    if letter in EXPECTED:
        if letter.isupper() and before.islower():
            return -3
        return 2 if before.isalpha() or after.isalpha() else 0
    if letter == "£":
        return -3 if inside else 2
    if letter.isalpha():
        return -2
    if letter in "\xa0“”–—…€½°•":
        return -2 if inside else 1
    return -4 if inside else -1
