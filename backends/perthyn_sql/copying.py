"""Copying: an exact, checked copy of a SQLite file while others read and write it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

from perthyn.errors import PerthynError


def copied(path: Path, mark: str) -> Path:
    """Copy the file beside itself, under its name with the mark behind; a number follows where that is taken."""
    names = (path.with_name(f"{path.name}{mark}{'' if n == 1 else f'-{n}'}") for n in count(1))
    target = next(one for one in names if not one.exists())
    copied_to(path, target)
    return target


def copied_to(path: Path, target: Path) -> None:
    """Copy the file as of one moment; `target` is there, whole and checked, or not at all.

    Raises `PerthynError` (``store.readonly``, ``store.damaged``) and `sqlite3.Error`.
    """
    part = target.with_name(target.name + ".part")
    try:
        _copy(path, part)
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, target)
        _sync(target.parent)
    except OSError as error:
        raise PerthynError("store.readonly", path=str(target)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Have the disk remember the names in a folder, where a folder can be asked for that."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _copy(path: Path, part: Path) -> None:
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)
        # One file, without a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        if copy.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise PerthynError("store.damaged", path=str(path))
