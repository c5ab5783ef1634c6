"""Api: one spreadsheet, as Google's Sheets and Drive APIs give it, in few and large calls."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perthyn.errors import PerthynError
from perthyn.model.ids import Clock, Random
from perthyn_sheets.addresses import address_of
from perthyn_sheets.answers import Already, Answer, Calls, Kind, Quota, Tell, Unreached, silent
from perthyn_sheets.causes import number_taken
from perthyn_sheets.config import Config, read_config
from perthyn_sheets.keys import Key, read_key
from perthyn_sheets.throttle import Throttle

if TYPE_CHECKING:
    from perthyn_sheets.client import Client

__all__ = ["Already", "Answer", "Api", "Calls", "Quota", "Unreached", "open_api"]

SHEETS = "https://sheets.googleapis.com/v4/spreadsheets"
DRIVE = "https://www.googleapis.com/drive/v3/files"
DRIVE_LIMIT = 300
"""Requests a minute to Drive, which allows many more."""

METADATA = "developerMetadata(metadataId,metadataKey,metadataValue)"
BOOK = (
    f"properties(title,locale,timeZone),{METADATA},sheets(properties(sheetId,title,index,hidden,gridProperties),"
    f"{METADATA},data(startColumn,columnMetadata({METADATA})),merges,"
    "protectedRanges(protectedRangeId,description,warningOnly,range))"
)
"""What `Api.book` asks for. Metadata of columns is to be had with the grid only, of which nothing else is asked."""

CELLS = "sheets(properties(sheetId,title),data(startRow,startColumn,rowData(values(userEnteredValue,effectiveValue))))"
"""What `Api.write` asks for of the ranges it is to show, where it is not told."""

TABS = f"properties(title),{METADATA},sheets(properties(sheetId,title,hidden,sheetType,gridProperties),{METADATA})"
"""What `Api.tabs` asks for."""

TYPED = (
    "sheets(properties(title),data(startRow,rowData(values(effectiveValue,effectiveFormat(numberFormat))),"
    "columnMetadata(hiddenByUser)))"
)
"""What `Api.typed` asks for."""

SHARING = "nextPageToken,permissions(id,type,role,emailAddress,domain,displayName,allowFileDiscovery)"

MOST = 9_500_000
"""Bytes of one request; Google refuses those over 10,485,760."""

CONNECT = 10.0
"""Seconds to reach Google at all."""

MARKER = "perthyn.op"


class Api:
    """One spreadsheet: throttled, tried again, counted.

    Nothing is read or asked before the first call. Every call raises `Unreached`, or `PerthynError` with a code
    ``sheets.*`` of `perthyn_sheets.causes` or `perthyn_sheets.keys`, ``sheets.quota.file``. `sheet`: its id, "" for
    one that is to be made.
    """

    def __init__(self, sheet: str, config: Config, folder: Path, throttle: Throttle, connect: Callable[[], Client]):
        self.sheet = sheet
        self._config = config
        self._folder = folder
        self._throttle = throttle
        self._connect = connect
        self._connected: Client | None = None
        self._unasked: dict[str, PerthynError] = {}

    @property
    def client(self) -> Client:
        """What the requests go through."""
        if self._connected is None:
            self._connected = self._connect()
        return self._connected

    def close(self) -> None:
        """Let go of the connections."""
        if self._connected is not None:
            self._connected.close()
            self._connected = None

    # -- reading --------------------------------------------------------------------------------------------

    def book(self) -> dict[str, Any]:
        """The spreadsheet without its cells, as `BOOK` says: its tabs, and the metadata of all, columns' included."""
        return self.client.ask("GET", self._url(), kind="reads", params={"fields": BOOK})

    def values(self, ranges: Sequence[str], *, formulas: bool = False) -> list[list[list[Any]]]:
        """All cells of these ranges in A1 notation (a tab's quoted title is all of it), by row.

        A cell is text, a number (days and times too, as serials) or a truth value. Google leaves out empty cells at a
        row's end, and empty rows at the end; an empty range is []. `formulas`: in place of what they work out.
        """
        if not ranges:
            return []
        params = {
            "ranges": list(ranges),
            "valueRenderOption": "FORMULA" if formulas else "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
            "fields": "valueRanges(values)",
        }
        answer = self.client.ask("GET", self._url("/values:batchGet"), kind="reads", params=params)
        found: list[list[list[Any]]] = [one.get("values", []) for one in answer.get("valueRanges", ())]
        return found

    def tabs(self) -> dict[str, Any]:
        """The spreadsheet's title and its tabs, with the metadata of both, as `TABS` says: quick, however large."""
        return self.client.ask("GET", self._url(), kind="reads", params={"fields": TABS})

    def typed(self, ranges: Sequence[str]) -> dict[str, Any]:
        """All cells of these ranges with the formats of their numbers, as `TYPED` says: by which days are told."""
        params = {"ranges": list(ranges), "fields": TYPED}
        return self.client.ask("GET", self._url(), kind="reads", params=params)

    def has_marker(self, marker: int, value: str) -> bool:
        """Whether the marker stands there with this value: it might be another's of the same number."""
        body = {"dataFilters": [{"developerMetadataLookup": {"metadataId": marker}}]}
        answer = self.post("/developerMetadata:search", body, kind="reads")
        found = [one["developerMetadata"] for one in answer.get("matchedDeveloperMetadata", ())]
        return any((one.get("metadataKey"), one.get("metadataValue")) == (MARKER, value) for one in found)

    def post(self, rest: str, body: Mapping[str, Any], *, kind: Kind) -> dict[str, Any]:
        """Any other call of the Sheets API: what follows the spreadsheet's id, and what it counts as."""
        return self.client.ask("POST", self._url(rest), kind=kind, body=_compact(body), repeatable=kind == "reads")

    # -- writing --------------------------------------------------------------------------------------------

    def write(
        self,
        requests: Sequence[Mapping[str, Any]],
        *,
        marker: int | None = None,
        marker_value: str = "",
        ranges: Sequence[str] = (),
        fields: str = "",
    ) -> Answer:
        """One batch of Google's requests, of which all are applied or none.

        `marker`: a number from 1 to 2**31 - 1 that is left in the spreadsheet with the batch, so that sending it
        again does nothing; without one, a write whose answer was lost is not sent again. `ranges` (A1) or `fields` (of
        the spreadsheet) ask for what stands there afterwards. Raises `Already` where the marker stands there;
        ``sheets.too_large`` before sending.
        """
        mark = [_marking(marker, marker_value)] if marker is not None else []
        body: dict[str, Any] = {"requests": [*mark, *requests]}
        params: dict[str, Any] = {"fields": "replies"}
        if ranges or fields:
            body |= {"includeSpreadsheetInResponse": True, "responseRanges": list(ranges)}
            body["responseIncludeGridData"] = True  # the mask alone would do
            params = {"fields": f"replies,updatedSpreadsheet({fields or CELLS})"}
        sent = _compact(body)
        if len(sent) > MOST:
            raise PerthynError("sheets.too_large")
        try:
            answer = self.client.ask(
                "POST", self._url(":batchUpdate"), kind="writes", params=params, body=sent, repeatable=bool(mark)
            )
        except PerthynError as error:
            if marker is not None and number_taken(error) == marker:
                raise Already from error
            raise
        return Answer(answer.get("replies", [])[len(mark) :], answer.get("updatedSpreadsheet", {}))

    def create(self, title: str, locale: str, zone: str) -> str:
        """Make a spreadsheet, as the person who signed in; its id. `locale`: as Google has it ("en_GB").

        Raises ``sheets.storage`` for a service account, which has no room of its own.
        """
        body = _compact({"properties": {"title": title, "locale": locale, "timeZone": zone}})
        params = {"fields": "spreadsheetId"}
        try:
            answer = self.client.ask("POST", SHEETS, kind="writes", params=params, body=body, repeatable=False)
        except PerthynError as error:
            if error.code == "sheets.access.account":
                raise PerthynError("sheets.storage", account=self.account) from error
            raise
        return str(answer["spreadsheetId"])

    # -- Drive ----------------------------------------------------------------------------------------------

    def version(self) -> str | None:
        """What Drive calls its version, another after each change; None when Drive can't be asked (`checks`)."""
        answer = self._drive("version", "", {"fields": "version"})
        return None if answer is None else str(answer["version"])

    def sharing(self) -> list[dict[str, Any]] | None:
        """Who may open it: Drive's permissions (type, role, emailAddress ...); None when Drive can't be asked."""
        found: list[dict[str, Any]] = []
        page = {"fields": SHARING, "pageSize": 100}
        while True:
            answer = self._drive("sharing", "/permissions", page)
            if answer is None:
                return None
            found += answer.get("permissions", ())
            if "nextPageToken" not in answer:
                return found
            page["pageToken"] = answer["nextPageToken"]

    def _drive(self, what: str, rest: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """Drive is asked again and again only if it ever answered: without it everything else still works."""
        if what in self._unasked:
            return None
        try:
            asked = {"supportsAllDrives": "true", **params}
            return self.client.ask("GET", f"{DRIVE}/{self.sheet}{rest}", kind="drive", params=asked)
        except Unreached:
            raise
        except PerthynError as error:
            self._unasked[what] = error
            return None

    # -- what is known of it --------------------------------------------------------------------------------

    @property
    def key(self) -> Key:
        """Who we are to Google. Raises what `read_key` raises."""
        return read_key(self._config, self._folder)

    @property
    def account(self) -> str:
        """The service account's e-mail address, with which the sheet is to be shared; "" where a person signs in."""
        return self.key.email

    @property
    def checks(self) -> list[tuple[bool, str, dict[str, Any]]]:
        """What `perthyn doctor` should know by now: (is it well, code, facts)."""
        return [(False, "sheets.drive.unasked", {"why": error}) for error in self._unasked.values()]

    @property
    def calls(self) -> Calls:
        """What this process has sent."""
        return Calls() if self._connected is None else self._connected.calls

    @property
    def quota(self) -> Quota:
        """What all programs of this folder have used of the last minute."""
        used = self._throttle.used
        return Quota(used("reads"), used("writes"), self._config.writes_per_minute)

    def _url(self, rest: str = "") -> str:
        return f"{SHEETS}/{self.sheet}{rest}"


def open_api(
    sheet: str,
    section: Mapping[str, Any],
    folder: Path,
    quota_file: Path,
    clock: Clock,
    random: Random,
    tell: Tell = silent,
    sleep: Callable[[float], None] = time.sleep,
) -> Api:
    """The spreadsheet with this id; nothing is asked yet.

    `section`: the table ``[sheets]`` of ``perthyn.toml``, which stands in `folder`. `quota_file`: what the programs of
    one account share to stay within its quota. `sleep` must let `clock` go on by as many seconds.

    Raises `PerthynError`: ``sheets.settings.`` unknown, value.
    """
    config = read_config(section)
    limits = {"reads": config.reads_per_minute, "writes": config.writes_per_minute, "drive": DRIVE_LIMIT}
    throttle = Throttle(quota_file, limits, clock)
    seconds = config.timeout_seconds

    def connect() -> Client:
        from perthyn_sheets.client import Client, Patience  # loads gspread and Google's libraries

        key = read_key(config, folder)
        patience = Patience(clock, random, sleep, tell, config.budget_seconds)
        return Client(key, config.endpoint, address_of(sheet), throttle, patience, (min(CONNECT, seconds), seconds))

    return Api(sheet, config, folder, throttle, connect)


def _marking(marker: int, value: str) -> dict[str, Any]:
    metadata = {
        "metadataId": marker,
        "metadataKey": MARKER,
        "metadataValue": value,
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}


def _compact(body: Mapping[str, Any]) -> bytes:
    """JSON in as few bytes as it takes. Raises ValueError for a number that JSON has no sign for."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
