"""The emulator: what happens to a request from the moment it comes until it is answered."""

from __future__ import annotations

import gc
import json
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from . import doors, fields, signing, spreadsheets
from .accounts import Accounts
from .admin import Admin
from .api import Call, api
from .book import Book, Switches
from .clock import Clock
from .drive import DEFAULTS, Drive, needs_mask, parts
from .errors import DriveRefused, Refused, forbidden
from .faults import Fault, Faults, Plan
from .files import SHEET, File, Files
from .granting import Caller
from .log import Entry, Log
from .pages import NOT_FOUND
from .people import People, version
from .quotas import Quotas
from .spoiling import refused, spoiled
from .wire import Answer, Asked, Wire, said

LARGEST = 10 * 2**20
"""Bytes of a request's body."""
APIS = ("/v4/", "/drive/", "/upload/")
"""Only what is asked of these is counted and meets trouble."""
UNCACHED = {
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "Mon, 01 Jan 1990 00:00:00 GMT",
    "Vary": "Origin, X-Origin",
}
"""Headers of Drive's answers."""
DOWNLOADED = {"Cache-Control": "private, max-age=0, must-revalidate", "Content-Disposition": "attachment"}
"""Headers of a file's content."""


class Books(Mapping[str, Book]):
    """The spreadsheets in the Drive, by id."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def __getitem__(self, id: str) -> Book:
        book = self._files[id].book
        if book is None:
            raise KeyError(id)
        return book

    def __iter__(self) -> Iterator[str]:
        return (file.id for file in self._files if file.book)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Emulator:
    """Google Sheets, Drive and the token endpoint on one address of this machine.

    A context manager: `with Emulator() as emulator: emulator.url`. `quotas` are on unless said otherwise; `disabled`
    may hold "sheets" and "drive" (the API was never switched on in the project).
    """

    def __init__(
        self, *, clock: Clock | None = None, quotas: bool = True, port: int = 0, switches: Switches | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.switches = switches or Switches()
        self.accounts = Accounts(self.clock.now)
        self.quotas = Quotas(self.clock.now, on=quotas)
        self.files = Files(self.clock.now)
        self.drive = Drive(self.files, self.adopt)
        self.books = Books(self.files)
        self.faults = Faults()
        self.log = Log()
        self.disabled: set[str] = set()
        self.failures: list[str] = []
        """Tracebacks of faults in the emulator, or in what a test scripted; the requests were answered with 501."""
        self.lock = threading.RLock()
        self.people = People(self)
        self._admin = Admin(self)
        self._earlier: dict[str, Book] = {}
        self._late: list[tuple[int, Asked, Caller]] = []
        self._wire = Wire(port, self._answered, self.clock.now)

    def __enter__(self) -> Emulator:
        self._wire.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.close()

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return self._wire.url

    def put(
        self,
        title: str,
        *,
        owner: str = "owner@example.org",
        share: Mapping[str, str] | None = None,
        id: str | None = None,
        book: Book | None = None,
    ) -> Book:
        """A spreadsheet that a person made in the browser, shared with addresses ({address: role})."""
        with self.lock:
            file = self.files.add(owner, "browser", id=id)
            file.book = book or Book(file.id, title)
            self.adopt(file)
            for who, role in (share or {}).items():
                self.files.share(file, "user", role, who)
            return file.book

    def adopt(self, file: File) -> None:
        """A book that stands here lives by our clock and our switches."""
        assert file.book is not None
        file.book.clock = lambda: datetime.fromtimestamp(self.clock.now(), UTC)
        file.book.owner = file.owner
        file.book.switches = self.switches
        file.book.modified = file.book.clock()

    # From the wire

    def _answered(self, asked: Asked) -> Answer:
        if asked.path.startswith("/admin"):
            return self._admin.answer(asked)
        self.clock.tick()
        if asked.path == signing.TOKEN:
            return self._token(asked)
        if asked.path in signing.CONSENT:
            return signing.consent(self.accounts, asked)
        if signing.BOUNDARY.fullmatch(asked.path):
            return signing.boundary()
        if not asked.path.startswith(APIS):
            answer = self._carried_out(asked, None)
            self._note(0, asked, answer, None, "")
            return answer
        number, plan = self.faults.arrived(f"{asked.verb} {asked.path}")
        try:
            for action in plan.before:
                action()
            answer = self._met(number, asked, plan)
            for action in plan.after:
                action()
        except Exception:
            return self._failed()
        return answer

    def _token(self, asked: Asked) -> Answer:
        fault = self.faults.uncounted(f"{asked.verb} {asked.path}")
        if fault:
            time.sleep(fault.seconds)
        with self.lock:
            answer = self._spoiled(fault, asked) if fault else signing.token(self.accounts, asked)
        self._note(0, asked, answer, None, fault.kind if fault else "")
        return answer

    def _met(self, number: int, asked: Asked, plan: Plan) -> Answer:
        """The answer, after the trouble that was scripted."""
        fault = plan.fault
        if fault and fault.seconds:
            time.sleep(fault.seconds)
        if fault is None or fault.kind in ("latency", "stale"):
            return self._performed(number, asked, fault)
        if fault.applied or fault.kind == "cut":
            answer = self._performed(number, asked, fault)
            return replace(answer, fate="cut") if fault.kind == "cut" else self._spoiled(fault, asked)
        if fault.kind.startswith("late") and (refusal := self._put_off(asked, fault.after)):
            return refusal
        answer = self._spoiled(fault, asked)
        self._note(number, asked, answer, None, fault.kind)
        return answer

    def _put_off(self, asked: Asked, after: int) -> Answer | None:
        """Let the request in now and carry it out later; the answer if it may not come in."""
        call = api().find(asked.verb, asked.path)
        with self.lock:
            if call is None:
                return self._carried_out(asked, call)
            try:
                self._late.append((after, asked, self._enter(asked, call)))
            except Refused as refusal:
                return refused(refusal, call.method.service)
        return None

    def _spoiled(self, fault: Fault, asked: Asked) -> Answer:
        if fault.kind == "401":
            self.accounts.forget()
        return spoiled(fault, api().find(asked.verb, asked.path), self._whose(asked), self.quotas)

    def _performed(self, number: int, asked: Asked, fault: Fault | None) -> Answer:
        with self.lock, _uncollected():
            call = api().find(asked.verb, asked.path)
            with self._as_it_was(call if fault and fault.kind == "stale" else None):
                answer = self._carried_out(asked, call)
            if call and call.method.service == "drive":
                answer.headers = UNCACHED | answer.headers
            self._note(number, asked, answer, call, fault.kind if fault else "")
            if call and call.method.quota != "read":
                self._come_late()
            return answer

    @contextmanager
    def _as_it_was(self, call: Call | None) -> Iterator[None]:
        """Let a read of a spreadsheet, or of its version in the Drive, find it as it was before the last write."""
        id = (call.parts.get("spreadsheetId") or call.parts.get("fileId", "")) if call else ""
        if id not in self._earlier or id not in self.files:
            yield
            return
        file, now = self.files[id], self.files[id].book
        file.book = self._earlier[id]
        try:
            yield
        finally:
            file.book = now

    def _come_late(self) -> None:
        """Requests whose answer nobody waits for any more take effect."""
        due = [(asked, caller) for left, asked, caller in self._late if left <= 1]
        self._late = [(left - 1, asked, caller) for left, asked, caller in self._late if left > 1]
        for asked, caller in due:
            call = api().find(asked.verb, asked.path)
            self._note(0, asked, self._carried_out(asked, call, caller), call, "applied late")

    def _note(self, number: int, asked: Asked, answer: Answer, call: Call | None, fault: str) -> None:
        call = call or api().find(asked.verb, asked.path)
        caller = self._whose(asked)
        who, quota = caller.email if caller else "", call.method.quota if call else ""
        query, sizes = dict(asked.query), (len(asked.body), len(answer.body))
        at, kinds, code = self.clock.now(), tuple(asked.kinds), 0 if answer.fate == "cut" else answer.code
        self.log.add(Entry(number, at, asked.verb, asked.path, query, *sizes, quota, who, kinds, code, fault))

    # What a request does

    def _carried_out(self, asked: Asked, call: Call | None, caller: Caller | None = None) -> Answer:
        """The answer without any trouble; `caller` is known when the request was let in before."""
        if call is None:
            return Answer(404, NOT_FOUND, "text/html; charset=UTF-8")
        try:
            return self._done(asked, call, caller or self._enter(asked, call))
        except Refused as refusal:
            return refused(refusal, call.method.service)
        except Exception:
            return self._failed()

    def _failed(self) -> Answer:
        """Loud, and nothing that a client would try again."""
        self.failures.append(traceback.format_exc())
        return refused(Refused(501, "UNIMPLEMENTED", "The emulator itself failed:\n" + self.failures[-1]), "sheets")

    def _done(self, asked: Asked, call: Call, caller: Caller) -> Answer:
        method = call.method
        if len(asked.body) > LARGEST:
            raise Refused(400, "INVALID_ARGUMENT", f"Request payload size exceeds the limit: {LARGEST} bytes.")
        api().query(method, asked.query)
        mask = self._mask(asked, call)
        body, content = self._body(asked, call)
        if method.service == "sheets":
            answer = self._sheets(call, caller, asked, mask, body)
        else:
            answer = self.drive.answer(call, caller, asked.query, body, content)
        if answer is None:
            return Answer(204, kind="text/html")
        if isinstance(answer, tuple):
            return Answer(200, answer[1], answer[0], dict(DOWNLOADED))
        return said(200, fields.masked(answer, mask), asked.query.get("prettyPrint") != ["false"])

    def _whose(self, asked: Asked) -> Caller | None:
        return self.accounts.caller(asked.headers.get("authorization", "").removeprefix("Bearer "))

    def _enter(self, asked: Asked, call: Call) -> Caller:
        """Who asks, if they may come in. Raises 401 and 403, and 429 when the minute is used up."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            raise doors.missing(call.method)
        caller = self.accounts.caller(token)
        if caller is None:
            raise doors.invalid(call.method.service, expired=self.accounts.known(token))
        if call.method.service in self.disabled:
            raise doors.switched_off(call.method.service, caller.project)
        doors.scopes(caller, call.method)
        self.quotas.charge(caller, call.method.quota)
        return caller

    def _mask(self, asked: Asked, call: Call) -> fields.Mask | None:
        """The mask that was asked for, or the one that Drive has for each method."""
        method, text = call.method, asked.query.get("fields", [""])[-1]
        drive = method.service == "drive"
        if not text.strip():
            if drive and (refusal := needs_mask(method.response)):
                raise refusal
            text = DEFAULTS.get(method.response or "", "") if drive else ""
        if not text or method.response is None:
            return None
        try:
            return fields.checked(fields.parse(text), api().schemas[method.service].schemas, method.response)
        except fields.WrongMask as wrong:
            if drive:
                said = f"Invalid field selection {wrong}"
                raise DriveRefused(400, "invalidParameter", said, location="fields") from wrong
            raise fields.refused(text, str(wrong)) from wrong

    def _body(self, asked: Asked, call: Call) -> tuple[Any, tuple[str, bytes] | None]:
        """The body as its schema has it, and the content that was uploaded beside it."""
        method, kind = call.method, asked.headers.get("content-type", "")
        content: tuple[str, bytes] | None = None
        if method.upload and asked.query.get("uploadType", [""])[-1] == "multipart":
            body, content = parts(kind, asked.body)
        elif method.upload:
            return {}, (kind, asked.body)
        elif method.request is None or not asked.body:
            body = None
        elif kind.startswith("application/x-www-form-urlencoded"):
            start = asked.body[:40].decode("utf-8", "replace")
            text = f'Invalid JSON payload received. Unknown name "{start}": Cannot bind query parameter.'
            raise Refused(400, "INVALID_ARGUMENT", text)
        else:
            try:
                body = json.loads(asked.body, parse_constant=_no_constant)
            except ValueError as wrong:
                raise Refused(400, "INVALID_ARGUMENT", f"Invalid JSON payload received. {wrong}") from wrong
        if method.request is None:
            return None, content
        body = api().schemas[method.service].read(method.request, body, method.inside)
        asked.kinds.extend(kind for request in body.get("requests", ()) for kind in request)
        return body, content

    def _sheets(self, call: Call, caller: Caller, asked: Asked, mask: fields.Mask | None, body: Any) -> dict[str, Any]:
        method, write = call.method, call.method.quota == "write"
        if method.name == "sheets.spreadsheets.create":
            return self._create(caller, body)
        file = self.files.opened(caller, call.parts["spreadsheetId"], write=write)
        assert file.book is not None
        target = file
        if method.name == "sheets.spreadsheets.sheets.copyTo":
            target = self.files.opened(caller, body.get("destinationSpreadsheetId", ""), write=True)
        if write and self.faults.expects("stale"):
            self._earlier[file.id] = version(file.book)
        params = _params(asked, mask)
        answer = spreadsheets.answer(file.book, asked.verb, call.rest, params, body, caller.email, books=self.books)
        if write:
            target.last = caller.email
        return answer

    def _create(self, caller: Caller, body: Any) -> dict[str, Any]:
        if caller.service_account and not self.drive.service_accounts_store:
            raise forbidden()
        book = spreadsheets.create(self.files.fresh_id(), body, caller.email)
        file = self.files.add(caller.email, caller.app, id=book.id, mime=SHEET, book=book)
        self.adopt(file)
        return spreadsheets.answer(book, "GET", "", {}, None, caller.email, books=self.books)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Large bodies are trees without cycles: looking for any would take as long as all the rest."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _params(asked: Asked, mask: fields.Mask | None) -> dict[str, list[str]]:
    """The query for the workbook: with a mask, the mask alone says whether cells are wanted."""
    params = {name: list(values) for name, values in asked.query.items()}
    if mask is not None:
        params.pop("includeGridData", None)
        if fields.asks(mask, "sheets", "data") or fields.asks(mask, "updatedSpreadsheet", "sheets", "data"):
            params["grid"] = ["true"]
    return params


def _no_constant(word: str) -> float:
    raise ValueError(f"Unexpected token. {word}")
