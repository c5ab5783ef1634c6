"""What lies in the Drive: files, who owns them, who may do what with them."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .book import Book
from .clock import stamp
from .errors import DriveRefused, forbidden, not_found
from .granting import AUTH, Caller

SHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"
LETTERS = string.ascii_letters + string.digits + "-_"
ROLES = ("reader", "commenter", "writer", "owner")


@dataclass
class Permission:
    """One right: `kind` is user, group, domain or anyone; `who` an address or a domain."""

    id: str
    kind: str
    role: str
    who: str = ""
    discoverable: bool = False

    def meets(self, email: str) -> bool:
        """Whether it speaks of the address."""
        if self.kind == "anyone":
            return True
        if self.kind == "domain":
            return email.casefold().endswith("@" + self.who.casefold())
        return email.casefold() == self.who.casefold()


@dataclass
class File:
    """One file. A spreadsheet's name is its book's title; `app` is the client that made it, for `drive.file` grants."""

    id: str
    mime: str
    owner: str
    app: str
    created: float
    modified: float
    named: str = ""
    book: Book | None = None
    parents: list[str] = field(default_factory=list)
    trashed: bool = False
    starred: bool = False
    description: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    app_properties: dict[str, str] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    changes: int = 0
    last: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.book.title if self.book else self.named

    @property
    def version(self) -> int:
        """Grows with every change, those of rights and comments included."""
        return self.changes + (self.book.version if self.book else 1)

    @property
    def changed(self) -> float:
        """When its content or its name last changed, in seconds since the epoch."""
        return max(self.modified, self.book.modified.timestamp()) if self.book else self.modified

    def rename(self, name: str) -> None:
        """Call it something else."""
        if self.book:
            self.book.title = name
        else:
            self.named = name

    def role(self, email: str) -> str | None:
        """The most that somebody may do; None for nothing."""
        roles = [permission.role for permission in self.permissions.values() if permission.meets(email)]
        return max(roles, key=ROLES.index) if roles else None

    def may(self, email: str, role: str) -> bool:
        """Whether somebody has at least the role."""
        own = self.role(email)
        return own is not None and ROLES.index(own) >= ROLES.index(role)

    def touch(self, now: float, who: str, *, content: bool = False) -> None:
        """It changed; `content` moves the modified time too."""
        self.changes += 1
        self.last = who
        if content:
            self.modified = now


class Files:
    """All files of everybody."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self._files: dict[str, File] = {}
        self._random = random.Random(1)

    def __iter__(self) -> Iterator[File]:
        return iter(list(self._files.values()))

    def __getitem__(self, id: str) -> File:
        return self._files[id]

    def __contains__(self, id: str) -> bool:
        return id in self._files

    def fresh_id(self) -> str:
        """An id as Google gives it: 44 letters; each emulator gives the same ones."""
        return "1" + "".join(self._random.choices(LETTERS, k=43))

    def add(self, owner: str, app: str, *, id: str | None = None, mime: str = SHEET, book: Book | None = None) -> File:
        """A new file of somebody's."""
        now = self.now()
        file = File(id or self.fresh_id(), mime, owner, app, now, now, book=book, parents=[root(owner)], last=owner)
        self._files[file.id] = file
        self.share(file, "user", "owner", owner)
        return file

    def remove(self, id: str) -> None:
        """For good."""
        del self._files[id]

    @staticmethod
    def share(file: File, kind: str, role: str, who: str = "", *, discoverable: bool = False) -> Permission:
        """Give a right; whoever has one gets the new role."""
        id = permission_id(who) if who else "anyone" if discoverable else "anyoneWithLink"
        file.permissions[id] = Permission(id, kind, role, who, discoverable)
        return file.permissions[id]

    def listed(self, caller: Caller) -> list[File]:
        """What the caller finds in a list: link sharing alone shows nothing there."""
        return [
            file
            for file in self._files.values()
            if self._within(file, caller)
            and any(
                one.meets(caller.email) and (one.kind != "anyone" or one.discoverable)
                for one in file.permissions.values()
            )
        ]

    def seen(self, caller: Caller, id: str, parameter: str = "fileId") -> File:
        """A file that the caller may see. Raises Drive's 404."""
        file = self._files.get(id)
        if file is None or not file.may(caller.email, "reader") or not self._within(file, caller):
            raise DriveRefused(404, "notFound", f"File not found: {id}.", location=parameter)
        return file

    def changeable(self, caller: Caller, id: str, role: str = "writer") -> File:
        """A file with which the caller may do what the role may. Raises Drive's 404 or 403."""
        file = self.seen(caller, id)
        if not file.may(caller.email, role):
            raise DriveRefused(
                403, "insufficientFilePermissions", "The user does not have sufficient permissions for this file."
            )
        return file

    def opened(self, caller: Caller, id: str, *, write: bool) -> File:
        """A spreadsheet for the Sheets API. Raises Sheets' 404 or 403, or its 400 for a file that is none."""
        file = self._files.get(id)
        if file is None or (file.may(caller.email, "reader") and not self._within(file, caller)):
            raise not_found()
        if not file.may(caller.email, "writer" if write else "reader"):
            raise forbidden()
        if file.book is None:
            raise not_found()
        return file

    @staticmethod
    def _within(file: File, caller: Caller) -> bool:
        """A `drive.file` grant reaches only what the same client made (or was handed)."""
        wide = caller.scopes - {AUTH + "drive.file", "openid", "email", "profile"}
        return bool(wide) or file.app == caller.app


def root(owner: str) -> str:
    """The id of somebody's "My Drive"."""
    return "0A" + permission_id(owner)


def permission_id(who: str) -> str:
    """An account's number in permissions, always the same."""
    number = 0
    for byte in who.casefold().encode("utf-8"):
        number = (number * 131 + byte) % 10**20
    return f"{number:020d}"


def person(email: str, caller: Caller) -> dict[str, Any]:
    """An account as Drive shows it."""
    return {
        "kind": "drive#user",
        "displayName": email if email.endswith(".gserviceaccount.com") else email.partition("@")[0],
        "me": email.casefold() == caller.email.casefold(),
        "permissionId": permission_id(email),
        "emailAddress": email,
    }


def shown(file: File, caller: Caller) -> dict[str, Any]:
    """A file as Drive v3 shows it, whole."""
    writer, owner = file.may(caller.email, "writer"), file.may(caller.email, "owner")
    found: dict[str, Any] = {
        "kind": "drive#file",
        "id": file.id,
        "name": file.name,
        "mimeType": file.mime,
        "starred": file.starred,
        "trashed": file.trashed,
        "explicitlyTrashed": file.trashed,
        "parents": file.parents,
        "spaces": ["drive"],
        "version": str(file.version),
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{file.id}/edit?usp=drivesdk",
        "hasThumbnail": False,
        "createdTime": stamp(file.created),
        "modifiedTime": stamp(file.changed),
        "owners": [person(file.owner, caller)],
        "lastModifyingUser": person(file.last, caller),
        "shared": len(file.permissions) > 1,
        "ownedByMe": owner,
        "writersCanShare": True,
        "capabilities": {
            "canComment": file.may(caller.email, "commenter"),
            "canCopy": True,
            "canDelete": owner,
            "canDownload": True,
            "canEdit": writer,
            "canRename": writer,
            "canShare": writer,
            "canTrash": owner,
        },
        "permissionIds": list(file.permissions),
        "quotaBytesUsed": "1024",
        "properties": file.properties,
        "appProperties": file.app_properties,
    }
    if writer:
        found["permissions"] = [right(one) for one in file.permissions.values()]
    else:
        del found["permissionIds"]
    if file.description:
        found["description"] = file.description
    return {key: value for key, value in found.items() if value != {}}


def right(permission: Permission) -> dict[str, Any]:
    """A permission as Drive v3 shows it."""
    found: dict[str, Any] = {
        "kind": "drive#permission",
        "id": permission.id,
        "type": permission.kind,
        "role": permission.role,
    }
    if permission.kind in ("user", "group"):
        return found | {
            "emailAddress": permission.who,
            "displayName": permission.who.partition("@")[0],
            "deleted": False,
            "pendingOwner": False,
        }
    if permission.kind == "domain":
        found["domain"] = permission.who
    return found | {"allowFileDiscovery": permission.discoverable}
