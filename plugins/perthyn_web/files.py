"""Files that are made while somebody waits: of which type each is, and sent piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The media type of a file, by its ending."""
PIECE = 64 * 1024
"""Bytes."""


def pieces(file: Path, folder: TemporaryDirectory[str]) -> Iterator[bytes]:
    """A file piece by piece; its folder goes when it has been read, or is not wanted any longer."""
    with folder, file.open("rb") as opened:
        while piece := opened.read(PIECE):
            yield piece
