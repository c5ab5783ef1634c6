"""Files that are there whole or not at all, for their owner only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from perthyn.errors import PerthynError

_BINARY = getattr(os, "O_BINARY", 0)


@contextmanager
def replacing(file: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file for its owner only that takes the place of `file` at the end; nothing is left of it after an error.

    Raises `PerthynError` (``backup.unwritable``).
    """
    fresh = file.with_name(f"{file.name}.unfinished")
    try:
        with suppress(FileNotFoundError):
            fresh.unlink()
        try:
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "wb") as out:
                yield fresh, out
            fresh.replace(file)
            sync_folder(file.parent)
        except BaseException:
            with suppress(OSError):
                fresh.unlink()
            raise
    except OSError as error:
        raise PerthynError("backup.unwritable", file=str(file), why=error.strerror or str(error)) from error


def sync_folder(folder: Path) -> None:
    """Have the disk remember a file's new name, where a folder can be asked for that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def lasting(out: IO[bytes]) -> None:
    """Have the disk hold what was written."""
    out.flush()
    os.fsync(out.fileno())
