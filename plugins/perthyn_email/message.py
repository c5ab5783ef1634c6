"""Message: a letter as the bytes that go over the wire (RFC 5322, 2045, 2047, 2369, 8058).

The headers are written here, one line at a time, and not by `email.message`: that takes longer than handing the letter
over. What a person or a template put into a name, a subject or an address can't begin a header of its own: it is
brought onto one line, and whatever is not plain ASCII words is written as base64 words.
"""

from __future__ import annotations

import re
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

from perthyn.channel import Letter, Refused
from perthyn_email.settings import Settings

STOP = {"en": "STOP", "cy": "DAD-DANYSGRIFIO", "both": "DAD-DANYSGRIFIO"}
_LANGUAGES = {"en": "en", "cy": "cy", "both": "cy, en"}
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\\s]+")
_LOCAL = re.compile(r"[^\s<>(),;:\\\"\[\]@\x00-\x20\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_WORDS = re.compile(r"[A-Za-z0-9 !#$%&'*+/?^_`{|}~.,;:@()\[\]<>\"\\=-]*")
_WIDTH = 76


@dataclass(frozen=True, slots=True)
class Mail:
    """What is handed to a mail server. `utf8`: it must speak SMTPUTF8 (RFC 6531). `id`: with its angle brackets."""

    sender: str
    recipient: str
    content: bytes
    id: str
    utf8: bool = False


def mail(letter: Letter, settings: Settings, now: datetime) -> Mail:
    """The letter as one message to one person. Raises `Refused` (``email.address``)."""
    to, utf8 = mailbox(letter.address)
    sender, answers = _own(settings.from_), _own(settings.answers_to)
    domain = sender.rpartition("@")[2]
    id = f"<{letter.token}@{domain}>"
    boundary = f"=_{letter.token[:40]}"
    headers = [
        f"From: {_named(settings.name(letter.language), sender)}",
        f"To: {_named(letter.name, to)}",
        f"Subject: {_words(letter.subject, len('Subject: '))}",
        f"Date: {format_datetime(now.astimezone(UTC))}",
        f"Message-ID: {id}",
        f"Reply-To: {answers}",
        f"Content-Language: {_LANGUAGES.get(letter.language, 'en')}",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        *_offers(letter, settings, domain),
        "MIME-Version: 1.0",
        *_body(letter, boundary),
    ]
    text = "\r\n".join(headers)
    return Mail(settings.returns_to(letter.token), to, text.encode("utf-8"), id, utf8)


@lru_cache(maxsize=16)
def _own(address: str) -> str:
    """An address of ours, as it is written on the wire."""
    return mailbox(address)[0]


def mailbox(address: str) -> tuple[str, bool]:
    """An address as it is written on the wire, and whether that takes SMTPUTF8. Raises `Refused` (``email.address``).

    One address and no name; a domain is written in ASCII (RFC 3490). Quoted local parts are refused: nobody has one,
    and they are where addresses are smuggled.
    """
    local, at, domain = address.strip().rpartition("@")
    try:
        written = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        written = ""
    right = at and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(written) and ".." not in f"{local}@{written}"
    if not right or local[0] == "." or local[-1] == ".":
        raise Refused("email.address", address=_UNSEEN.sub(" ", address))
    return f"{local}@{written}", not local.isascii()


def _offers(letter: Letter, settings: Settings, domain: str) -> list[str]:
    """How to say no without reading, for what must offer it; a service letter says that a machine wrote it."""
    if not letter.must_offer:
        return ["Auto-Submitted: auto-generated"]
    subject = quote(f"{STOP.get(letter.language, 'STOP')} {letter.token}")
    ways = [f"<mailto:{quote(settings.answers_to, safe='@+')}?subject={subject}>"]
    named = [f"List-Id: <{_label(letter.purpose)}.{domain}>", "Precedence: bulk"]
    named.append(f"Feedback-ID: {_label(letter.campaign)}:{_label(letter.purpose)}:perthyn:{domain.replace('.', '-')}")
    if letter.refuse_url.startswith("https://") and _WORDS.fullmatch(letter.refuse_url):
        ways.insert(0, f"<{quote(letter.refuse_url, safe=':/')}>")
        named.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return [f"List-Unsubscribe: {f',{chr(13)}{chr(10)} '.join(ways)}", *named]


def _body(letter: Letter, boundary: str) -> list[str]:
    """The parts as quoted-printable: it goes through any server, and no relay rewrites what was signed."""
    if not letter.html:
        return [*_part("plain", letter.text), ""]
    return [
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"', "",
        f"--{boundary}", *_part("plain", letter.text),
        f"--{boundary}", *_pictured(letter, f"=p{boundary}"),
        f"--{boundary}--", "",
    ]  # fmt: skip


def _pictured(letter: Letter, boundary: str) -> list[str]:
    """The HTML; with its pictures, where it has some (RFC 2387, 2392)."""
    html = _part("html", letter.html)
    if not letter.pictures:
        return html
    lines = [f'Content-Type: multipart/related; type="text/html";\r\n boundary="{boundary}"', ""]
    lines += [f"--{boundary}", *html]
    for name, png in letter.pictures.items():
        called = _label(name)
        written = encodebytes(png).decode("ascii").rstrip().replace("\n", "\r\n")
        lines += [
            f"--{boundary}", f'Content-Type: image/png; name="{called}.png"', "Content-Transfer-Encoding: base64",
            f"Content-ID: <{name}>", f'Content-Disposition: inline; filename="{called}.png"', "", written,
        ]  # fmt: skip
    return [*lines, f"--{boundary}--", ""]


def _part(kind: str, content: str) -> list[str]:
    lines = content.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    written = b2a_qp(lines.encode("utf-8", "replace"), istext=True).replace(b"\n", b"\r\n").decode("ascii")
    return [f"Content-Type: text/{kind}; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", written]


# --- words in headers ------------------------------------------------------------------------------------------


def _label(words: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", words)[:60].strip("-") or "none"


def one_line(words: str) -> str:
    """What can be seen of it, on one line."""
    return _UNSEEN.sub(" ", words).strip()


def _named(name: str, address: str) -> str:
    """A name and its address; the name is quoted, or written as base64 words."""
    said = one_line(name)[:200].strip()
    if not said:
        return address
    if _WORDS.fullmatch(said) and "=?" not in said and len(said) <= 60:
        quoted = said.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"\r\n <{address}>'
    return f"{_encoded(said, 6)}\r\n <{address}>"


def _words(text: str, used: int) -> str:
    """Unstructured words, folded at spaces (RFC 5322, 2.2.3); as base64 words where they are not plain."""
    said = one_line(text)
    if not _WORDS.fullmatch(said) or "=?" in said or any(len(word) > _WIDTH - 10 for word in said.split(" ")):
        return _encoded(said, used)
    lines, room = [""], _WIDTH - used
    for word in said.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append("")
            room = _WIDTH
        lines[-1] += f" {word}" if lines[-1] else word
    return "\r\n ".join(lines)


def _encoded(text: str, used: int) -> str:
    """RFC 2047 words of at most 75 letters, none of which cuts a character in two."""
    words, word = [], b""
    most = (_WIDTH - used - len("=?utf-8?b??=")) // 4 * 3
    for letter in text:
        one = letter.encode("utf-8")
        if len(word) + len(one) > most:
            words.append(word)
            word, most = b"", 45
        word += one
    return "\r\n ".join(f"=?utf-8?b?{b64encode(one).decode('ascii')}?=" for one in (*words, word))
