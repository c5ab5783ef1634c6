"""What lies at a path before anything is read from it: is it there, what kind is it, does it hold still."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR

from perthyn.errors import PerthynError

HEAD = 4096

MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"{\\rtf", "RTF"),
)
TEXT_MAGIC = (
    (b"<!doctype html", "HTML"),
    (b"<html", "HTML"),
    (b"<table", "HTML"),
    (b"<?xml", "XML"),
    (b'{"', "JSON"),
    (b"[{", "JSON"),
)


@dataclass(frozen=True)
class Mark:
    """Size and time of a file when opened, so that a file written to meanwhile is not half believed."""

    size: int
    changed_ns: int

    def hold(self, path: Path) -> None:
        """Raise `import.file.changed` unless the file is still as it was."""
        if mark(path) != self:
            raise PerthynError("import.file.changed", file=path.name)


def mark(path: Path) -> Mark:
    """Size and time of a file; raises `import.file.missing`, `.folder` or `.no_permission`."""
    try:
        status = path.stat()
    except PermissionError as error:
        raise PerthynError("import.file.no_permission", file=path.name) from error
    except (OSError, ValueError) as error:
        raise PerthynError("import.file.missing", file=str(path)) from error
    if S_ISDIR(status.st_mode):
        raise PerthynError("import.file.folder", file=str(path))
    return Mark(status.st_size, status.st_mtime_ns)


def read_head(path: Path) -> bytes:
    """The first bytes of a file; raises `import.file.no_permission` or `.empty`."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise PerthynError("import.file.no_permission", file=path.name) from error
    if not head:
        raise PerthynError("import.file.empty", file=path.name)
    return head


def kind(head: bytes) -> str:
    """What the first bytes say: "zip", "ole", a format that cannot be imported, or "" (perhaps text)."""
    for magic, name in MAGIC:
        if head.startswith(magic):
            return name
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower()
    for magic, name in TEXT_MAGIC:
        if start.startswith(magic):
            return name
    return ""
