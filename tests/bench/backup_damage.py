"""Backups with one bit flipped, or cut: how many are found, encrypted and plain, before anything is restored."""

from __future__ import annotations

import argparse
import os
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from common import Figure, options
from people import fill

from perthyn.backups.keys import Key, made_key
from perthyn.backups.reading import look_into
from perthyn.crm import Actor, Crm
from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.testing import MemoryStore

FLIPS, CUTS = 1_000, 100
FOUND = ("backup.damaged", "backup.foreign", "backup.key.wrong")


def found(file: Path, content: bytes, key: Key) -> bool:
    """Whether it is noticed that this is no backup as it was written."""
    file.write_bytes(content)
    try:
        look_into(file, [key], {one.type_name: one for one in CORE_TYPES})
    except PerthynError as error:
        return error.code in FOUND
    return False


def run(args: argparse.Namespace) -> list[Figure]:
    """How many of the flips and of the cuts are found."""
    draw, key = random.Random(11), made_key()
    figures = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        store, folder = MemoryStore(), Path(name)
        fill(store, 50, 200)
        crm = Crm(store, Plugins(), Settings(folder=folder), lambda: datetime.now(UTC), os.urandom, Actor("bench"))
        for sort, recipients in (("encrypted", [key.public]), ("plain", [])):
            file = folder / f"{sort}.backup"
            crm.backup(file, recipients, [key])
            whole = file.read_bytes()
            assert not found(folder / "hurt", whole, key), "nothing is wrong with this one"
            flipped = 0
            for _ in range(FLIPS):
                bit, hurt = draw.randrange(len(whole) * 8), bytearray(whole)
                hurt[bit // 8] ^= 1 << bit % 8
                flipped += found(folder / "hurt", bytes(hurt), key)
            cut = sum(found(folder / "hurt", whole[: draw.randrange(len(whole))], key) for _ in range(CUTS))
            figures += [
                Figure(f"flipped bits found, {sort}", flipped, "of 1,000", "all of them", FLIPS, at_least=True),
                Figure(f"cuts found, {sort}", cut, "of 100", "all of them", CUTS, at_least=True),
            ]
    return figures


if __name__ == "__main__":
    from run import show

    show(run, options(__doc__))
