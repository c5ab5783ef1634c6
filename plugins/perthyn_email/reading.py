"""Reading a message that anybody may have sent: nothing that stands in it makes this stop.

Headers may be torn, charsets invented, parts nested a thousand deep; what can't be read is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from html.parser import HTMLParser

Mail = Message
"""A message as the standard library parses it by its oldest policy, whose headers never raise when they are asked."""

READ, READ_OF_HEADER = 200_000, 10_000
"""How many characters of a text, and of a header, are looked at."""
DEEPEST = 20
"""How deep parts within parts are followed."""
MOST_PARTS = 200

_UNFOLD = re.compile(r"\s+")
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ADDRESS = re.compile(r"[^\s<>()\[\]\\,;:\"@]{1,64}@[A-Za-z0-9\x80-\U0010ffff._-]{1,255}")
_SLOW = ("punycode", "idna")
"""No charsets of a text, and read in quadratic time."""
_BLOCKS = ("p", "br", "div", "tr", "li", "h1", "h2", "h3", "blockquote")


def parsed(raw: bytes) -> Mail:
    """A message of its bytes; one that is nested too deep keeps its headers and nothing else."""
    try:
        return message_from_bytes(raw)
    except (RecursionError, MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError):
        return BytesHeaderParser().parsebytes(raw.partition(b"\n\n")[0].partition(b"\r\n\r\n")[0])


def header(message: Mail, name: str) -> str:
    """A header's first value, decoded, on one line; "" where there is none."""
    return next(iter(headers(message, name)), "")


def headers(message: Mail, name: str) -> list[str]:
    """All values of a header, decoded, each on one line."""
    return [_decoded(str(value)[:READ_OF_HEADER]) for value in message.get_all(name, [])]


def _decoded(value: str) -> str:
    with suppress(MessageError, ValueError, LookupError, AssertionError):  # as it stands, then
        value = str(make_header(decode_header(value)))
    return _UNFOLD.sub(" ", clean(value)).strip()


def clean(text: str) -> str:
    """Text without what no store keeps: control characters and halves of letters."""
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def addresses(message: Mail, *names: str) -> list[tuple[str, str]]:
    """(name, address) of all who stand in these headers, in their order."""
    found: list[tuple[str, str]] = []
    for name in names:
        for value in message.get_all(name, []):
            try:
                pairs = getaddresses([str(value)[:READ_OF_HEADER]])
            except (ValueError, IndexError, TypeError):
                continue
            found += [(_decoded(said), clean(address).strip()) for said, address in pairs if "@" in address]
    return found


def addresses_in(text: str) -> list[str]:
    """The e-mail addresses that stand in a text, each once, in their order."""
    return list(dict.fromkeys(found.rstrip(".") for found in _ADDRESS.findall(text[:READ])))


def kind_of(part: Mail) -> str:
    """The content type, lower case; ``text/plain`` where it says nothing sensible."""
    try:
        return part.get_content_type()
    except (ValueError, LookupError, TypeError, IndexError, AttributeError):
        return "text/plain"


def parameter(part: Mail, name: str) -> str:
    """A parameter of the content type, lower case."""
    try:
        value = part.get_param(name)
    except (ValueError, LookupError, TypeError, IndexError, AttributeError):
        return ""
    return value.strip().lower() if isinstance(value, str) else ""


def children(part: Mail) -> list[Mail]:
    """The parts directly within."""
    held = part.get_payload() if part.is_multipart() else []
    return [one for one in held if isinstance(one, Message)][:MOST_PARTS] if isinstance(held, list) else []


def own_parts(message: Mail, depth: int = 0) -> Iterator[Mail]:
    """The message and its parts, but nothing within a message that it carries."""
    yield message
    if depth < DEEPEST and not kind_of(message).startswith("message/"):
        for part in children(message):
            yield from own_parts(part, depth + 1)


def text_of(message: Mail) -> str:
    """What a reader sees: the plain texts that are not attached, else the HTML ones as text; at most `READ`."""
    parts = [part for part in own_parts(message) if not _attached(part)]
    plain = [decoded(part) for part in parts if kind_of(part) == "text/plain" and not part.is_multipart()]
    if not any(one.strip() for one in plain):
        plain = [of_html(decoded(part)) for part in parts if kind_of(part) == "text/html"]
    return "\n".join(one.strip("\n") for one in plain if one.strip())[:READ]


def _attached(part: Mail) -> bool:
    return str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")


def decoded(part: Mail) -> str:
    """A part's text, in whatever charset it claims or, where that is none, in one that reads everything."""
    try:
        raw = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AssertionError, RecursionError):
        raw = None
    if not isinstance(raw, bytes):
        return ""
    raw = raw[: READ * 4]
    for charset in filter(None, (parameter(part, "charset"), "utf-8")):
        try:
            return clean(raw.decode("utf-8" if charset in _SLOW else charset))
        except (LookupError, ValueError):
            continue
    return clean(raw.decode("cp1252", "replace"))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "head"):
            self.hidden += 1
        if tag in _BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "head"):
            self.hidden = max(0, self.hidden - 1)
        if tag == "p":
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.said.append(" ".join(data.split()) + " " if data.strip() else "")


def of_html(html: str) -> str:
    """The words of a page, a line for each block."""
    reader = _Text()
    with suppress(AssertionError, ValueError, RecursionError):  # what was read until then
        reader.feed(html[:READ])
        reader.close()
    return "\n".join(line.strip() for line in clean("".join(reader.said)).split("\n"))
