"""Jobs in words."""

from __future__ import annotations

from collections.abc import Mapping

from perthyn.text import Translator
from perthyn.work import Work


def work_title(t: Translator, works: Mapping[str, Work], name: str) -> str:
    """What a job does, in the reader's language; its name where nobody knows it."""
    work = works.get(name)
    return name if work is None else work.title[t.language == "cy"] or name
