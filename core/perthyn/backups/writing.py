"""Writing a backup: beside its place first, read back, and only then under its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from perthyn.backups.files import lasting, replacing
from perthyn.backups.keys import recipient
from perthyn.backups.lines import Head, head_line, tail_line
from perthyn.backups.seal import squeezed
from perthyn.backups.sealed import encrypt
from perthyn.contents import Contents, canonicals
from perthyn.moving import Adding, Tell, nothing


def write_backup(
    file: Path,
    contents: Contents,
    head: Head,
    recipients: Sequence[str],
    *,
    check: Callable[[Path, str], object],
    tell: Tell = nothing,
) -> None:
    """Write a backup for these recipients (``age1...``), plain for none.

    `check` is given the finished file under another name and the SHA-256 (hexadecimal) of what was written into it;
    what it raises leaves whatever stood under `file`.
    Raises `PerthynError` (``backup.unwritable``, ``backup.recipient``).
    """
    lines = squeezed(_lines(contents, head, tell))
    to = [recipient(one) for one in recipients]
    digest = sha256()
    with replacing(file) as (fresh, out):

        def write(block: bytes) -> None:
            digest.update(block)
            out.write(block)

        if to:
            encrypt(lines, write, to)
        else:
            for block in lines:
                write(block)
        lasting(out)
        check(fresh, digest.hexdigest())


def _lines(contents: Contents, head: Head, tell: Tell) -> Iterator[bytes]:
    yield head_line(head)
    sums = {name: Adding() for name in head.sections}
    for chunk in contents.chunks():
        adding = sums[chunk.place.section]
        for form in canonicals(chunk.items):
            adding.add(form)
            yield form
        tell(len(chunk.items))
    yield tail_line({name: one.sum for name, one in sums.items()})
