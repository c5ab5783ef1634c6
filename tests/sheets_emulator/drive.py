"""The Drive API, as far as spreadsheets need it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from email import policy
from email.parser import BytesParser
from typing import Any

from . import older
from .api import Call
from .book import Book
from .errors import DriveRefused, Refused
from .exporting import EXTENSIONS, FORMATS, imported
from .files import FOLDER, SHEET, File, Files, person, root, shown
from .finding import invalid_value, ordered, query
from .granting import Caller
from .sharing import METHODS, Query, last

FILE = "kind,id,name,mimeType"
DEFAULTS = {
    "File": FILE,
    "FileList": f"kind,incompleteSearch,nextPageToken,files({FILE})",
    "Permission": "kind,id,type,role",
    "PermissionList": "kind,nextPageToken,permissions(kind,id,type,role)",
}
"""What a method answers without a mask, by the schema of its answer."""
DEMANDING = ("About", "Comment", "CommentList", "Reply", "ReplyList")
"""Those that demand a mask."""


class Drive:
    """The methods, by their names in Google's description."""

    def __init__(self, files: Files, new_book: Callable[[File], None]) -> None:
        self.files = files
        self._new_book = new_book
        self.service_accounts_store = True
        """Whether service accounts own storage; since 2025 new ones do not, and can't create or copy a file."""
        self._methods = {
            "drive.about.get": self._about,
            "drive.files.create": self._create,
            "drive.files.get": self._get,
            "drive.files.list": self._list,
            "drive.files.update": self._update,
            "drive.files.convert": self._convert,
            "drive.files.copy": self._copy,
            "drive.files.delete": self._delete,
            "drive.files.export": self._export,
            "drive.files.generateIds": self._ids,
        }

    def answer(self, call: Call, caller: Caller, query: Query, body: Any, content: tuple[str, bytes] | None) -> Any:
        """A dict (to be masked), bytes with their type (an export), or None for "done". Raises Refused."""
        name = call.method.name
        if name in self._methods:
            return self._methods[name](call, caller, query, body, content)
        if name not in METHODS:
            raise Refused(501, "UNIMPLEMENTED", f"The emulator does not have the method {name}.")
        return METHODS[name](self.files, caller, call.parts, query, body)

    def _about(self, call: Call, caller: Caller, query: Query, body: Any, content: Any) -> dict[str, Any]:
        stores = not caller.service_account or self.service_accounts_store
        return {
            "kind": "drive#about",
            "user": person(caller.email, caller),
            "storageQuota": {"limit": str(15 * 2**30 if stores else 0), "usage": "0", "usageInDrive": "0"},
            "exportFormats": {SHEET: list(EXTENSIONS)},
            "canCreateDrives": False,
        }

    def room(self, caller: Caller) -> None:
        """Raises the 403 of an account that may own nothing."""
        if caller.service_account and not self.service_accounts_store:
            text = "The user's Drive storage quota has been exceeded."
            raise DriveRefused(403, "storageQuotaExceeded", text, domain="usageLimits")

    def _create(self, call: Call, caller: Caller, query: Query, body: Any, content: Any) -> dict[str, Any]:
        self.room(caller)
        mime = body.get("mimeType") or (content[0] if content else "application/octet-stream")
        if mime not in (SHEET, FOLDER):
            raise Refused(501, "UNIMPLEMENTED", f"The emulator keeps spreadsheets and folders, not {mime}.")
        name = body.get("name") or "Untitled"
        parents = self._parents(caller, body)
        file = self.files.add(caller.email, caller.app, mime=mime)
        if mime == SHEET:
            file.book = imported(file.id, name, *content) if content else Book(file.id, name)
            self._new_book(file)
        file.parents = parents or file.parents
        self._describe(file, {**body, "name": name})
        return shown(file, caller)

    def _parents(self, caller: Caller, body: Any) -> list[str]:
        """The folders named, which the caller may change."""
        found = []
        for id in body.get("parents") or ():
            own = id in ("root", root(caller.email))
            found.append(root(caller.email) if own else self.files.changeable(caller, id).id)
        return found

    @staticmethod
    def _describe(file: File, body: Any) -> None:
        if "name" in body and body["name"] != file.name:
            file.rename(body["name"])
        file.description = body.get("description", file.description)
        file.starred = body.get("starred", file.starred)
        for key, value in (body.get("properties") or {}).items():
            file.properties[key] = value
        for key, value in (body.get("appProperties") or {}).items():
            file.app_properties[key] = value

    def _get(self, call: Call, caller: Caller, query: Query, body: Any, content: Any) -> dict[str, Any]:
        if last(query, "alt") == "media":
            text = "Only files with binary content can be downloaded. Use Export with Docs Editors files."
            raise DriveRefused(403, "fileNotDownloadable", text, location="alt")
        return shown(self.files.seen(caller, call.parts["fileId"]), caller)

    def _list(self, call: Call, caller: Caller, asked: Query, body: Any, content: Any) -> dict[str, Any]:
        test = query(last(asked, "q"), caller.email) if last(asked, "q").strip() else lambda file: True
        found = ordered([file for file in self.files.listed(caller) if test(file)], last(asked, "orderBy"))
        size = int(last(asked, "pageSize", "100"))
        if not 1 <= size <= 1000:
            text = f"Invalid value '{size}'. Values must be within the range: [1, 1000]"
            raise DriveRefused(400, "invalidParameter", text, location="pageSize")
        start = _page(last(asked, "pageToken"))
        answer: dict[str, Any] = {"kind": "drive#fileList", "incompleteSearch": False}
        if len(found) > start + size:
            answer["nextPageToken"] = "~!!~" + base64.urlsafe_b64encode(str(start + size).encode("ascii")).decode(
                "ascii"
            )
        return answer | {"files": [shown(file, caller) for file in found[start : start + size]]}

    def _update(self, call: Call, caller: Caller, query: Query, body: Any, content: Any) -> dict[str, Any]:
        file = self.files.changeable(caller, call.parts["fileId"])
        if "trashed" in body:
            self.files.changeable(caller, file.id, "owner")
            file.trashed = body["trashed"]
        self._describe(file, body)
        for id in last(query, "removeParents").split(","):
            file.parents = [parent for parent in file.parents if parent != id]
        added = [id for id in last(query, "addParents").split(",") if id]
        file.parents = [*file.parents, *self._parents(caller, {"parents": added})]
        if content:
            # the tabs are thrown away, and one stands there that is named after the file
            file.changes += file.book.version if file.book else 0
            file.book = imported(file.id, file.name, *content)
            self._new_book(file)
        file.touch(self.files.now(), caller.email, content=True)
        return shown(file, caller)

    def _convert(self, call: Call, caller: Caller, query: Query, body: Any, content: Any) -> dict[str, Any]:
        self._update(call, caller, query, {}, content)
        return older.shown(self.files[call.parts["fileId"]], caller)

    def _copy(self, call: Call, caller: Caller, query: Query, body: Any, content: Any) -> dict[str, Any]:
        original = self.files.seen(caller, call.parts["fileId"])
        self.room(caller)
        parents = self._parents(caller, body)
        copy = self.files.add(caller.email, caller.app, mime=original.mime)
        name = body.get("name") or f"Copy of {original.name}"
        if original.book:
            copy.book = original.book.copy(copy.id, name)
            self._new_book(copy)
        copy.parents = parents or copy.parents
        copy.properties, copy.app_properties = dict(original.properties), dict(original.app_properties)
        self._describe(copy, {**body, "name": name})
        return shown(copy, caller)

    def _delete(self, call: Call, caller: Caller, query: Query, body: Any, content: Any) -> None:
        self.files.remove(self.files.changeable(caller, call.parts["fileId"], "owner").id)

    def _export(self, call: Call, caller: Caller, query: Query, body: Any, content: Any) -> tuple[str, bytes]:
        file = self.files.seen(caller, call.parts["fileId"])
        mime = last(query, "mimeType")
        if file.book is None:
            raise DriveRefused(403, "fileNotExportable", "Export only supports Docs Editors files.")
        if mime in EXTENSIONS and mime not in FORMATS:
            raise Refused(501, "UNIMPLEMENTED", f"The emulator does not export {mime}.")
        if mime not in FORMATS:
            text = "The requested conversion is not supported."
            raise DriveRefused(400, "badRequest", text, location="convertTo")
        return mime, FORMATS[mime](file.book)

    def _ids(self, call: Call, caller: Caller, query: Query, body: Any, content: Any) -> dict[str, Any]:
        count = int(last(query, "count", "10"))
        return {"kind": "drive#generatedIds", "space": "drive", "ids": [self.files.fresh_id() for _ in range(count)]}


def _page(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token.removeprefix("~!!~"))) if token else 0
    except (ValueError, binascii.Error) as wrong:
        raise invalid_value("pageToken") from wrong


def parts(kind: str, body: bytes) -> tuple[Any, tuple[str, bytes]]:
    """The description and the content of a multipart upload. Raises Drive's 400."""
    message = BytesParser(policy=policy.HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode("latin-1") + body)
    pieces = list(message.iter_parts())
    if len(pieces) != 2:
        raise DriveRefused(400, "badContent", "Malformed multipart body.")
    described, content = (bytes(piece.get_payload(decode=True)) for piece in pieces)
    try:
        return json.loads(described), (pieces[1].get_content_type(), content)
    except ValueError as wrong:
        raise DriveRefused(400, "parseError", "Parse Error") from wrong


def needs_mask(answered: str | None) -> DriveRefused | None:
    """Drive's refusal of a method that must be told which fields to answer."""
    if answered not in DEMANDING:
        return None
    return DriveRefused(400, "required", "The 'fields' parameter is required for this method.", location="fields")
