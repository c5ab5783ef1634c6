"""Readers of what people are reached by and what they said: emails, phones, postcodes, yes and no."""

from __future__ import annotations

import re

from perthyn.importing.values import Cell, Memo, Noted, Unreadable, as_text
from perthyn.model.normal import is_uk_postcode, phone_e164, postcode_shown
from perthyn.text import fold

_NONE = frozenset(("-", "--", "n/a", "na", "none", "dim", "no email", "dim e-bost", "x", "?", "tbc", "unknown"))
UNREAD = "?"
"""Before a phone number as it was written, where no E.164 form is known."""
_PLAIN = re.compile(
    r"[A-Za-z0-9_%+'&/=-]+(?:\.[A-Za-z0-9_%+'&/=-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)

_ANGLED = re.compile(r"<([^<>]+)>")
_SEVERAL = re.compile(r"[/;,]|\bor\b|\bneu\b")
_SPACING = re.compile(r"[\s().-]")
_ZERO_LOST = re.compile(r"[1-37]\d{8,9}")


def _one_email(cell: Cell) -> str | Noted | None:
    text = as_text(cell)
    if text.casefold() in _NONE:
        return None
    found = _ANGLED.search(text) if "<" in text else None
    bare = (found[1] if found else text).removeprefix("mailto:").strip(" ;,'\"")
    if not _PLAIN.fullmatch(bare) or len(bare) > 254:
        inside = [word.strip("()<>.:!?\"'") for word in re.split(r"[\s;,/]+", bare)]
        found_in = [word for word in inside if _PLAIN.fullmatch(word)]
        if found_in and bare.count("@") == len(found_in):
            code = "import.email.several" if len(found_in) > 1 else "import.email.with_words"
            return Noted(found_in[0], code, value=text, taken=found_in[0])
        if (said := yes_no_word(text)) in ("yes", "no"):  # "Email?" was taken for a question
            return Noted(None, "import.email.answered", value=text, said=said)
        bare = _by_library(bare, text)
    local, _, domain = bare.rpartition("@")
    return f"{local}@{domain.lower()}"


def _by_library(bare: str, text: str) -> str:
    import email_validator

    try:
        return email_validator.validate_email(bare, check_deliverability=False, test_environment=True).normalized
    except email_validator.EmailNotValidError:
        raise Unreadable("import.email.unreadable", value=text) from None


def email_reader() -> Memo[str]:
    """Addresses as written, their domain in lower case; the shape is checked, the network is not asked."""
    return Memo(_one_email)


def phone_reader(region: str = "GB") -> Memo[str]:
    """E.164 (``+447700900123``). A lost leading 0 is mended; what is no number stands behind `UNREAD`. Both noted."""

    def one(cell: Cell) -> str | Noted | None:
        text = as_text(cell).lstrip("'")
        if text.casefold() in _NONE:
            return None
        pieces = _SEVERAL.split(text)
        if len(pieces) > 1:
            pieces = [piece for piece in pieces if len(re.sub(r"\D", "", piece)) > 6]
        if len(pieces) > 1:
            first = phone_e164(pieces[0].strip(), region)
            if first:
                return Noted(first, "import.phone.several", value=text, taken=first)
        digits = _SPACING.sub("", text)
        if region == "GB" and _ZERO_LOST.fullmatch(digits):
            mended = phone_e164("0" + digits, region)
            if mended:
                return Noted(mended, "import.phone.zero_mended", value=text, taken="0" + digits)
        number = phone_e164(text, region) if "E+" not in text else ""
        return number or Noted(f"{UNREAD}{text}", "import.phone.unreadable", value=text)

    return Memo(one)


_LOST_ZERO = re.compile(r"([A-Z]{1,2}\d?)O(?=\s*[\dO][A-Z0]{2}$)")


def postcode_reader(british: bool = True) -> Memo[str]:
    """``SY20 8XX``; O for 0 mended, noted. Other shapes stay as written, noted where `british`."""

    def one(cell: Cell) -> str | Noted | None:
        text = as_text(cell)
        if not british:
            return text
        upper = re.sub(r"\s+", " ", text.upper())
        shown = postcode_shown(_LOST_ZERO.sub(r"\g<1>0", upper))
        if not is_uk_postcode(shown):
            return Noted(text, "import.postcode.shape", value=text)
        if shown.replace(" ", "") != re.sub(r"[\W_]+", "", upper):
            return Noted(shown, "import.postcode.mended", value=text, taken=shown)
        return shown

    return Memo(one)


_YES = frozenset(
    fold(word)
    for word in [
        "yes",
        "y",
        "ie",
        "ia",
        "ydw",
        "ydy",
        "ydyn",
        "oes",
        "do",
        "iawn",
        "x",
        "✓",
        "✔",
        "☑",
        "true",
        "1",
        "on",
        "ok",
        "agreed",
        "agree",
        "accepted",
        "subscribed",
        "wedi-cytuno",
        "gwir",
        "cydsynio",
        "caniatau",
        "opted-in",
        "opt-in",
    ]
) | {"opted in", "opt in", "wedi cytuno", "yn cytuno", "i consent", "i agree", "yes please", "ie plis"}
_NO = frozenset(
    fold(word)
    for word in [
        "n",
        "no",
        "na",
        "nac-ydw",
        "nac-ydy",
        "nage",
        "naddo",
        "nac-oes",
        "0",
        "false",
        "off",
        "never",
        "unsubscribed",
        "cleaned",
        "opted-out",
        "opt-out",
        "anghytuno",
        "dim",
        "peidiwch",
        "stop",
        "refused",
        "withdrawn",
        "gau",
        "✗",
        "✘",
        "☒",
        "removed",
    ]
) | {
    "opted out",
    "opt out",
    "nac ydw",
    "nac ydy",
    "nac oes",
    "do not contact",
    "do not email",
    "do not mail",
    "no thanks",
    "no thank you",
    "dim diolch",
    "peidiwch a chysylltu",
    "wedi tynnu'n ol",
}
_UNSURE = frozenset(("?", "??", "unknown", "anhysbys", "not known", "ddim yn gwybod", "tbc", "maybe", "efallai"))


def yes_no_word(text: str) -> str:
    """ "yes", "no", or "unknown" for what says neither; "" for a blank."""
    folded = fold(text).strip(" .!")
    if not folded:
        return "unknown" if text.strip() else ""
    if folded in _YES:
        return "yes"
    return "no" if folded in _NO else "unknown"


def yes_no_reader(inverted: bool = False) -> Memo[str]:
    """ "yes", "no", "unknown"; a blank is None. `inverted`: the column asks the contrary ("Do not email")."""
    turned = {"yes": "no", "no": "yes"} if inverted else {}

    def one(cell: Cell) -> str | Noted | None:
        text = as_text(cell)
        word = yes_no_word(text)
        word = turned.get(word, word)
        if word == "unknown" and fold(text) not in _UNSURE:
            return Noted(word, "import.word.not_yes_no", value=text)
        return word or None

    return Memo(one)


def is_yes_no(text: str) -> bool:
    """True for a word that says yes, no or that it is not known."""
    return yes_no_word(text) in ("yes", "no") or fold(text) in _UNSURE


_LANGUAGES = {
    fold(word): language
    for language, words in (
        ("cy", "cy|cym|wel|w|c|cymraeg|welsh|gymraeg|yn gymraeg|cymraeg yn unig|welsh only|cy-gb"),
        ("en", "en|eng|e|s|english|saesneg|yn saesneg|saesneg yn unig|english only|en-gb|en-us"),
        (
            "both",
            "both|bilingual|dwyieithog|y ddwy|cy/en|en/cy|cy+en|cymraeg a saesneg|welsh and english|either",
        ),
    )
    for word in words.split("|")
}


def _one_language(cell: Cell) -> str | Noted | None:
    text = as_text(cell)
    known = _LANGUAGES.get(fold(text))
    return known or Noted(None, "import.language.unknown", value=text)


def language_reader() -> Memo[str]:
    """ "cy", "en" or "both"; any other word is None, noted."""
    return Memo(_one_language)


_CONTACT_KINDS = {
    fold(word): kind
    for kind, words in (
        ("person", "person|individual|unigolyn|contact|cyswllt|mr|mrs"),
        ("household", "household|aelwyd|family|teulu|joint|ar y cyd|couple|cwpl"),
        (
            "organisation",
            "organisation|organization|sefydliad|company|cwmni|business|busnes|group|grwp|school|ysgol",
        ),
    )
    for word in words.split("|")
}


def _one_contact_kind(cell: Cell) -> str | Noted | None:
    text = as_text(cell)
    known = _CONTACT_KINDS.get(fold(text))
    return known or Noted(None, "import.contact_kind.unknown", value=text)


def contact_kind_reader() -> Memo[str]:
    """ "person", "household" or "organisation"; any other word is None, noted."""
    return Memo(_one_contact_kind)
