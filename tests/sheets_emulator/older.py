"""A file as Drive v2 shows it: the answer to the one v2 call that gspread makes (the upload of a CSV file)."""

from __future__ import annotations

import hashlib
from typing import Any

from .clock import stamp
from .exporting import EXTENSIONS
from .files import File, permission_id, person, root
from .granting import Caller

DRIVE = "https://www.googleapis.com/drive/v2/files"
DOCS = "https://docs.google.com/spreadsheets"


def shown(file: File, caller: Caller) -> dict[str, Any]:
    """The whole file."""
    link, changed = f"{DRIVE}/{file.id}", stamp(file.changed)
    return {
        "kind": "drive#file",
        "userPermission": {
            "id": "me",
            "type": "user",
            "role": "owner" if file.may(caller.email, "owner") else "writer",
            "kind": "drive#permission",
            "selfLink": f"{link}/permissions/me",
            "etag": _tag(file.id, "permission"),
            "pendingOwner": False,
        },
        "selfLink": link,
        "ownerNames": [_person(file.owner, caller)["displayName"]],
        "lastModifyingUserName": _person(file.last, caller)["displayName"],
        "editable": file.may(caller.email, "writer"),
        "writersCanShare": True,
        "mimeType": file.mime,
        "exportLinks": {
            mime: f"{DOCS}/export?id={file.id}&exportFormat={extension}" for mime, extension in EXTENSIONS.items()
        },
        "parents": [
            {
                "selfLink": f"{link}/parents/{parent}",
                "id": parent,
                "isRoot": parent == root(caller.email),
                "kind": "drive#parentReference",
                "parentLink": f"{DRIVE}/{parent}",
            }
            for parent in file.parents
        ],
        "thumbnailLink": f"https://docs.google.com/feeds/vt?gd=true&id={file.id}&v={file.version}&sz=s220",
        "appDataContents": False,
        "iconLink": f"https://drive-thirdparty.googleusercontent.com/16/type/{file.mime}",
        "shared": len(file.permissions) > 1,
        "lastModifyingUser": _person(file.last, caller),
        "owners": [_person(file.owner, caller)],
        "copyable": True,
        "etag": _tag(file.id, changed),
        "alternateLink": f"{DOCS}/d/{file.id}/edit?usp=drivesdk",
        "embedLink": f"{DOCS}/d/{file.id}/htmlembed?ouid={permission_id(caller.email)}",
        "fileSize": "1024",
        "copyRequiresWriterPermission": False,
        "spaces": ["drive"],
        "id": file.id,
        "title": file.name,
        "labels": {
            "viewed": True,
            "restricted": False,
            "starred": file.starred,
            "hidden": False,
            "trashed": file.trashed,
        },
        "explicitlyTrashed": file.trashed,
        "createdDate": stamp(file.created),
        "modifiedDate": changed,
        "modifiedByMeDate": changed,
        "lastViewedByMeDate": changed,
        "markedViewedByMeDate": stamp(0),
        "quotaBytesUsed": "1024",
        "version": str(file.version),
        "capabilities": {"canEdit": file.may(caller.email, "writer"), "canCopy": True},
    }


def _person(email: str, caller: Caller) -> dict[str, Any]:
    found = person(email, caller)
    return {
        "displayName": found["displayName"],
        "kind": found["kind"],
        "isAuthenticatedUser": found["me"],
        "permissionId": found["permissionId"],
        "emailAddress": found["emailAddress"],
        "picture": {"url": "https://lh3.googleusercontent.com/a/default-user=s64"},
    }


def _tag(*parts: str) -> str:
    return f'"{hashlib.sha256("/".join(parts).encode()).hexdigest()[:27]}"'
