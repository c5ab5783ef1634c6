"""Passwords: hashed with Argon2id; long rather than odd; none that half the world uses, or that the house suggests.

Figures: OWASP Password Storage Cheat Sheet (Argon2id, 19 MiB, 2 passes, 1 lane); NIST SP 800-63B, section 5.1.1
(length, no composition rules, a list of common ones, Unicode normalised by NFKC).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from perthyn.errors import PerthynError
from perthyn.model.ids import Random
from perthyn.text import fold

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 256
OWN_LEFT = 8
"""How many letters and digits must be left of a password without the words of the organisation and the person."""
COMMON = Path(__file__).parent / "common" / "passwords.txt"
"""The 3,000 commonest, and the commonest of 12 characters and more, from zxcvbn 4.5.0 (MIT, see its LICENSE)."""
NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$cGVydGh5bi5ub2JvZHkuMA$XkTstN/YeejBGzCmzMaarzLHphfI/0gREPB+OHhwaYs"
"""A hash of no password: whoever has no account is looked at for as long as those who have."""


def hashed(password: str, random: Random) -> str:
    """The Argon2id hash of a password, with its parameters and salt in it (PHC string format)."""
    return _hasher().hash(_plain(password), salt=random(16))


def verified(kept: str | None, password: str) -> bool:
    """Whether a password is the one that was hashed. It takes as long where there is none (None)."""
    from argon2.exceptions import InvalidHashError, VerificationError

    right = True
    if kept is None or len(password) > LONGEST:
        kept, password, right = NOBODYS, password[:LONGEST], False
    try:
        return _hasher().verify(kept, _plain(password)) and right
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher().check_needs_rehash(kept)


def check(password: str, *own: str) -> None:
    """Whether a password may be chosen; `own`: the organisation's name, the person's names.

    Raises `PerthynError`: ``password.short``, ``.long``, ``.common``, ``.own``.
    """
    plain = _plain(password)
    if len(plain) < SHORTEST:
        raise PerthynError("password.short", shortest=SHORTEST)
    if len(plain) > LONGEST:
        raise PerthynError("password.long", longest=LONGEST)
    if _is_common(fold(plain)):
        raise PerthynError("password.common")
    left = _letters(fold(plain))
    for word in sorted({word for name in own for word in re.findall(r"\w{3,}", fold(name))}, key=len, reverse=True):
        left = left.replace(word, "")
    if len(left) < OWN_LEFT:
        raise PerthynError("password.own")


def _is_common(word: str) -> bool:
    """One of the list, as it is, with digits and signs at its ends, or several times; or ever the same few signs."""
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", word)
    return len(set(word)) < 4 or any(one in _common() or _repeats(one) for one in (word, bare) if one)


def _repeats(word: str) -> bool:
    found = re.fullmatch(r"(.+?)\1+", word)
    return found is not None and (len(found[1]) < 4 or found[1] in _common())


def _letters(word: str) -> str:
    return re.sub(r"[\W_]+", "", word)


def _plain(password: str) -> str:
    """The same on every keyboard: one code point where another machine would write two."""
    return unicodedata.normalize("NFKC", password)


@cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text(encoding="utf-8").split())


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
