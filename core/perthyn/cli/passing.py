"""A store that is gone when its command ends, for a look at what an import would do where there is no store yet."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory


def passing_folder() -> TemporaryDirectory[str]:
    """A folder of its own, gone with its `cleanup`."""
    return TemporaryDirectory(prefix="perthyn-", ignore_cleanup_errors=True)


def passing_url(folder: TemporaryDirectory[str]) -> str:
    """The URL of a store in that folder."""
    return f"sqlite:///{(Path(folder.name) / 'passing.db').as_posix()}"
