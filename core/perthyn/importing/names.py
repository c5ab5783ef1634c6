"""People's names as written, taken apart as far as they say themselves. A name is never refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from perthyn.importing.values import Cell, Memo, Noted, one_text
from perthyn.text import fold


@dataclass(frozen=True)
class PersonName:
    """A name and its parts; `whole` is what was written, without a remark such as "(wedi marw)".

    `kind` is "person", "household" or "organisation". A household's `given` holds the first name or initial
    only where one stands ("Mr & Mrs D Jones": "D"). Unknown parts are "".
    """

    whole: str
    title: str = ""
    given: str = ""
    family: str = ""
    kind: str = "person"
    deceased: bool = False


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TITLES = _words(
    "mr mrs ms miss mx dr prof professor sir dame lord lady rev revd reverend canon capt captain "
    "major col fr sr cllr hon baroness baron archdeacon master mstr parch parchedig parchg bns bnr br "
    "y_parch y_parchedig yr_athro athro esgob syr arglwydd arglwyddes cyng cynghorydd hybarch"
)
_PARTICLES = _words("ap ab ferch verch van von der den de del della di da du la le bin ibn al el ter ten vander st")
_AFTER = _words("jr jnr snr sr obe mbe cbe phd esq bem mp ma ba")
_GROUP = re.compile(
    r"\b(ltd|limited|cyf|plc|cic|cio|llp|cwmni|trust|ymddiriedolaeth|society|cymdeithas|club|clwb|university|"
    r"prifysgol|museum|amgueddfa|council|cyngor|merched y wawr|women's institute|rotary|friends of|cyfeillion|"
    r"cymuned|community|association|committee|pwyllgor|foundation|sefydliad|charity|elusen|u3a|llyfrgell|urdd|"
    r"ffermwyr ifanc|young farmers|papur bro|teithiau|solutions|productions)\b"
)
_GROUP_OR_SURNAME = re.compile(
    r"\b(church|eglwys|capel|chapel|school|ysgol|college|coleg|scouts?|guides?|cubs|group|grwp|choir|cor|bank|"
    r"hotel|gwesty|union|undeb|library|surgery|parti|tours|coaches|services|wi|company)\b"
)
"""Words that are surnames too (Charlotte Church): a group only among three words or more, without a title."""
_DECEASED = re.compile(
    r"\s*[(\[]\s*(wedi marw|marw|deceased|dec'?d|died|rip|r\.i\.p\.?|bu farw|late|y diweddar)\b[^)\]]*[)\]]|"
    r"\s*[-–,]\s*(wedi marw|deceased|dec'd)\s*$|^\s*(the late|y diweddar)\s+|\s*[†✝]",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*(?:&|\+|\b(?i:and|ac)\b|\ba\b(?=\s+(?:(?i:mrs|bns|ms|miss)|[A-ZÂÊÎÔÛŴŶ]\w{2,})))\s*")
"""A capital A is an initial: "Mr & Mrs A Price"."""
_FAMILY = re.compile(
    r"^(?:the\s+(?P<en>.+?)\s+family|(?P<en2>.+?)\s+family|(?:y\s+)?teulu\s+(?P<cy>.+))$", re.IGNORECASE
)


def without_remark(text: str) -> tuple[str, bool]:
    """The text without a remark that somebody has died, and whether there was one."""
    bare, found = _DECEASED.subn("", text)
    return (bare.strip(" ,"), True) if found else (text, False)


def split_name(text: str) -> PersonName:
    """Take a name apart: ``Mr & Mrs D Jones``, ``Jones, D.``, ``Y Parchedig Ieuan ap Gwilym (wedi marw)``."""
    whole, deceased = without_remark(" ".join(text.split()))
    if is_group(whole):
        return PersonName(whole, kind="organisation")
    family = _FAMILY.match(whole)
    if family:
        named = family["en"] or family["en2"] or family["cy"]
        return PersonName(whole, family=named, kind="household", deceased=deceased)
    parts = [part for part in _AND.split(whole) if part]
    if len(parts) == 2:
        return replace(_household(parts[0], parts[1]), whole=whole, deceased=deceased)
    return replace(_person(whole), whole=whole, deceased=deceased)


@lru_cache(maxsize=4096)
def is_group(whole: str) -> bool:
    """Whether a name is a group's: by words that no surname is, or, among three words or more, by others too."""
    folded = fold(whole)
    if _GROUP.search(folded):
        return True
    words = whole.split()
    return len(words) > 2 and not _without_title(words)[0] and bool(_GROUP_OR_SURNAME.search(folded))


def _household(first: str, second: str) -> PersonName:
    one, other = _person(first), _person(second)
    title = " & ".join(part for part in (one.title, other.title) if part)
    given = " & ".join(part for part in (one.given, other.given) if part)
    alone = one.given == "" or " " not in first.replace(one.title, "", 1).strip()
    if one.family and not alone and fold(one.family) != fold(other.family):
        return PersonName("", title, "", "", "household")
    if alone and one.family and not one.given:  # "Siân & Gwen Jones": a lone word is a first name here
        given = " & ".join(part for part in (one.family, other.given) if part)
    return PersonName("", title, given, other.family, "household")


def _person(text: str) -> PersonName:
    before, comma, after = text.partition(",")
    title, words = _without_title(before.split())
    while words and words[-1].strip(".").casefold() in _AFTER and len(words) > 2:
        words = words[:-1]
    if comma and after.strip() and fold(after).strip(".") not in _AFTER:
        title_after, given = _without_title(after.split())
        return PersonName(text, title or title_after, " ".join(given), " ".join(words))
    if len(words) < 2:
        only = " ".join(words)
        return PersonName(text, title, "", only) if title else PersonName(text, "", only, "")
    start = len(words) - 1
    while start > 1 and _particle(words[start - 1]):
        start -= 1
    return PersonName(text, title, " ".join(words[:start]), " ".join(words[start:]))


def _without_title(words: list[str]) -> tuple[str, list[str]]:
    taken: list[str] = []
    rest = list(words)
    while rest:
        bare = rest[0].strip(".").casefold()
        pair = f"{bare}_{rest[1].strip('.').casefold()}" if len(rest) > 1 else ""
        if pair in _TITLES or (bare in ("y", "yr") and pair.partition("_")[2] in _TITLES):
            taken, rest = [*taken, *rest[:2]], rest[2:]
        elif bare in _TITLES and not (len(rest) == 1 and not taken and bare not in ("mr", "mrs", "ms")):
            taken, rest = [*taken, rest[0]], rest[1:]
        else:
            break
    return " ".join(taken), rest


def _particle(word: str) -> bool:
    return word.casefold().strip(".") in _PARTICLES


def _one_name(cell: Cell) -> PersonName | Noted | None:
    text = one_text(cell)
    if isinstance(text, Noted):
        return Noted(split_name(str(text.value)), text.reason[0], **text.reason[1])
    return split_name(text) if text else None


def name_reader() -> Memo[PersonName]:
    """Whole names, taken apart by `split_name`."""
    return Memo(_one_name)
