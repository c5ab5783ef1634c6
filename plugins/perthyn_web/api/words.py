"""Words of codes that are no errors: a rule of the one door, a check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perthyn.errors import PerthynError
from perthyn.text import Translator


def in_words(t: Translator, code: str, facts: Mapping[str, Any] | None = None) -> str:
    """What a code says, and what would change it."""
    return " ".join(filter(None, t.error(PerthynError(code, **dict(facts or {})))))
