"""Drive's permissions and comments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .clock import stamp
from .errors import DriveRefused
from .files import File, Files, Permission, person, right
from .granting import Caller

Query = Mapping[str, list[str]]


def last(query: Query, name: str, default: str = "") -> str:
    """A parameter of the query; what comes last counts."""
    return query.get(name, [default])[-1]


def yes(query: Query, name: str) -> bool:
    """A parameter that is true or false, in any case."""
    return last(query, name).lower() in ("true", "1")


def permissions_list(files: Files, caller: Caller, parts: Mapping[str, str], query: Query, body: Any) -> dict[str, Any]:
    """permissions.list: for those who may share."""
    file = files.changeable(caller, parts["fileId"])
    return {"kind": "drive#permissionList", "permissions": [right(one) for one in file.permissions.values()]}


def permissions_get(files: Files, caller: Caller, parts: Mapping[str, str], query: Query, body: Any) -> dict[str, Any]:
    """permissions.get."""
    return right(_permission(files.changeable(caller, parts["fileId"]), parts["permissionId"]))


def permissions_create(
    files: Files, caller: Caller, parts: Mapping[str, str], query: Query, body: Any
) -> dict[str, Any]:
    """permissions.create: share with somebody, a domain or whoever has the link."""
    file = files.changeable(caller, parts["fileId"])
    kind, role = body.get("type"), body.get("role")
    if not kind or not role:
        name = "type" if not kind else "role"
        raise DriveRefused(400, "required", f"The permission {name} field is required.", location=f"permission.{name}")
    who = body.get("domain" if kind == "domain" else "emailAddress") or ""
    if (kind in ("user", "group") and "@" not in who) or (kind == "domain" and "." not in who):
        raise DriveRefused(
            400,
            "invalid",
            "The specified emailAddress is invalid or not applicable for the given permission type.",
            location="permission.emailAddress",
        )
    _known(kind, role)
    if role == "owner":
        return right(_hand_over(files, file, caller, who, query))
    before = next((one for one in file.permissions.values() if one.who and one.meets(who)), None)
    if before and before.role == "owner":
        return right(before)
    given = files.share(file, kind, role, who, discoverable=bool(body.get("allowFileDiscovery")))
    file.touch(files.now(), caller.email)
    return right(given)


def permissions_update(
    files: Files, caller: Caller, parts: Mapping[str, str], query: Query, body: Any
) -> dict[str, Any]:
    """permissions.update: another role."""
    file = files.changeable(caller, parts["fileId"])
    permission = _permission(file, parts["permissionId"])
    role = body.get("role")
    if not role:
        raise DriveRefused(400, "required", "The permission role field is required.", location="permission.role")
    _known(permission.kind, role)
    if role == "owner":
        return right(_hand_over(files, file, caller, permission.who, query))
    if permission.role == "owner":
        raise DriveRefused(403, "forbidden", "The owner of a file cannot be removed.")
    permission.role = role
    file.touch(files.now(), caller.email)
    return right(permission)


def permissions_delete(files: Files, caller: Caller, parts: Mapping[str, str], query: Query, body: Any) -> None:
    """permissions.delete: those who may share, and everybody their own right."""
    file = files.seen(caller, parts["fileId"])
    permission = _permission(file, parts["permissionId"])
    if not (permission.who and permission.meets(caller.email)):
        files.changeable(caller, file.id)
    if permission.role == "owner":
        raise DriveRefused(403, "insufficientFilePermissions", "The owner of a file cannot be removed.")
    del file.permissions[permission.id]
    file.touch(files.now(), caller.email)


def _known(kind: str, role: str) -> None:
    if kind not in ("user", "group", "domain", "anyone"):
        raise DriveRefused(400, "invalid", "The specified type is invalid.", location="permission.type")
    if role not in ("reader", "commenter", "writer", "owner") or (role == "owner" and kind != "user"):
        raise DriveRefused(400, "invalid", "The specified role is invalid.", location="permission.role")


def _permission(file: File, id: str) -> Permission:
    if id not in file.permissions:
        raise DriveRefused(404, "notFound", f"Permission not found: {id}.", location="permissionId")
    return file.permissions[id]


def _hand_over(files: Files, file: File, caller: Caller, who: str, query: Query) -> Permission:
    if not yes(query, "transferOwnership"):
        raise DriveRefused(
            403,
            "forbidden",
            "The transferOwnership parameter must be enabled when the permission role is 'owner'.",
            location="transferOwnership",
        )
    files.changeable(caller, file.id, "owner")
    files.share(file, "user", "writer", file.owner)
    file.owner = who
    file.touch(files.now(), caller.email)
    return files.share(file, "user", "owner", who)


def comments_list(files: Files, caller: Caller, parts: Mapping[str, str], query: Query, body: Any) -> dict[str, Any]:
    """comments.list."""
    file = files.seen(caller, parts["fileId"])
    return {"kind": "drive#commentList", "comments": file.comments}


def comments_get(files: Files, caller: Caller, parts: Mapping[str, str], query: Query, body: Any) -> dict[str, Any]:
    """comments.get."""
    return _comment(files.seen(caller, parts["fileId"]), parts["commentId"])


def comments_create(files: Files, caller: Caller, parts: Mapping[str, str], query: Query, body: Any) -> dict[str, Any]:
    """comments.create."""
    file = files.changeable(caller, parts["fileId"], "commenter")
    if not body.get("content"):
        raise DriveRefused(400, "required", "The 'content' field is required.", location="content")
    file.touch(files.now(), caller.email)
    comment = {
        "kind": "drive#comment",
        "id": f"AAAA{file.changes:08d}",
        "createdTime": stamp(files.now()),
        "modifiedTime": stamp(files.now()),
        "author": person(caller.email, caller),
        "deleted": False,
        "resolved": False,
        "content": body["content"],
        "htmlContent": body["content"],
        "replies": [],
    } | ({"anchor": body["anchor"]} if body.get("anchor") else {})
    file.comments.insert(0, comment)
    return comment


def comments_delete(files: Files, caller: Caller, parts: Mapping[str, str], query: Query, body: Any) -> None:
    """comments.delete."""
    file = files.changeable(caller, parts["fileId"], "commenter")
    file.comments.remove(_comment(file, parts["commentId"]))
    file.touch(files.now(), caller.email)


def _comment(file: File, id: str) -> dict[str, Any]:
    for comment in file.comments:
        if comment["id"] == id:
            return comment
    raise DriveRefused(404, "notFound", f"Comment not found: {id}.", location="commentId")


METHODS = {
    "drive.permissions.list": permissions_list,
    "drive.permissions.get": permissions_get,
    "drive.permissions.create": permissions_create,
    "drive.permissions.update": permissions_update,
    "drive.permissions.delete": permissions_delete,
    "drive.comments.list": comments_list,
    "drive.comments.get": comments_get,
    "drive.comments.create": comments_create,
    "drive.comments.delete": comments_delete,
}
"""By their names in Google's description."""
