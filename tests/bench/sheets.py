"""A Google Sheet, as the emulator gives it: how many calls things cost, and how long they take here.

The emulator counts the calls; it runs in a process of its own, so that times (of CPU) are of perthyn alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from common import Figure, options, turn_about
from import_rows import person, postcode
from people import fill
from shapes import SHAPES

from perthyn.changes import Batch, Create
from perthyn.crm import Actor, Crm, record_types
from perthyn.house import House
from perthyn.model import CORE_TYPES, Contact, Ids, Interaction
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn_sheets.store import SheetsStore
from perthyn_sql import open_store

TESTS = Path(__file__).parent.parent
FIFTEEN = (
    "Member no", "First name", "Surname", "Email", "Phone", "Address 1", "Town", "County", "Postcode", "Language",
    "Membership type", "Joined", "Email consent", "Tags", "Notes",
)  # fmt: skip
COLUMNS, PARTS, FEW = 30, 2, 2.0


@dataclass(frozen=True)
class Cloud:
    """The emulator in its process, asked by its own endpoint."""

    url: str
    account: dict[str, Any]

    def ask(self, path: str, body: Any = None) -> Any:
        """What it answers to an order."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/admin/{path}", data)) as answer:
            return json.load(answer)

    def calls(self, doing: Callable[[], Any]) -> dict[str, int]:
        """How many reads, writes and calls of Drive something takes."""
        self.ask("mark", {})
        doing()
        counted: dict[str, int] = self.ask("counted")
        return counted

    def book(self, title: str) -> str:
        """The address of a new spreadsheet that is shared with the account."""
        id = self.ask("books", {"title": title, "share": {self.account["client_email"]: "writer"}})["id"]
        return f"https://docs.google.com/spreadsheets/d/{id}"


@contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    """An emulator, until the end."""
    key = folder / "key.json"
    command = [sys.executable, "-m", "sheets_emulator", "--no-quotas", "--credentials", str(key)]
    running = subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        assert running.stdout is not None
        url = next(word for line in running.stdout for word in line.split() if word.startswith("http://"))
        while not key.exists():
            time.sleep(0.05)
        yield Cloud(url, json.loads(key.read_text(encoding="utf-8")))
    finally:
        running.kill()
        running.wait()


def crm_on(cloud: Cloud, folder: Path, address: str) -> Crm:
    """The CRM on a machine with nothing but the credentials, at the address of a sheet or of a file."""
    folder.mkdir(exist_ok=True)
    (folder / "perthyn-google.json").write_text(json.dumps(cloud.account), encoding="utf-8")
    plugins = Plugins.find()
    plugins.house = House(folder, _now, os.urandom, "Plas Brithwen", user="bench", sections={
        "sheets": {"endpoint": cloud.url, "reads_per_minute": 100_000, "writes_per_minute": 100_000}})  # fmt: skip
    store = plugins.open_store(address, record_types(plugins), "GBP", True)
    return Crm(store, plugins, Settings(), _now, os.urandom, Actor("bench"))


def _now() -> datetime:
    return datetime.now(UTC)


def run(args: argparse.Namespace) -> list[Figure]:
    """All figures."""
    with tempfile.TemporaryDirectory(prefix="perthyn-bench-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        with cloud(place) as there:
            figures = [*_imported(there, place, args), *_lived_in(there, place, args)]
    return [*figures, _emulated(args)]


# -- an import ----------------------------------------------------------------------------------------------------


def write_members(file: Path, count: int) -> None:
    """A file of members with fifteen columns."""
    with file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(FIFTEEN)
        for number in range(count):
            given, family, email = person(number)
            where = (f"{number % 90 + 1} Stryd Fawr", "Machynlleth", "Powys", postcode(number))
            said = (("Welsh", "English", "")[number % 3], "Adult", f"{number % 28 + 1:02}/05/2024",
                    ("yes", "no", "")[number % 3], "friend", "rings on Mondays")  # fmt: skip
            rows.writerow((f"M{number:06}", given, family, email, f"01654 {number % 1_000_000:06}", *where, *said))


def _imported(there: Cloud, place: Path, args: argparse.Namespace) -> Iterator[Figure]:
    file = place / "members.csv"
    write_members(file, args.contacts)
    spent, calls = {}, {}
    for name, address in (("file", f"sqlite:///{(place / 'members.db').as_posix()}"), ("sheet", there.book("Members"))):
        crm = crm_on(there, place / name, address)
        with closing(crm.store):
            start = time.process_time()
            calls = there.calls(lambda crm=crm: crm.import_table(next(iter(crm.understand(file)))))  # type: ignore[misc]
            spent[name] = time.process_time() - start
            if (held := crm.store.count_of(Contact)) != args.contacts:
                raise SystemExit(f"only {held} of {args.contacts} contacts")
    about = f"{args.contacts:,} contacts, 15 columns"
    yield Figure(f"import of {about}", calls["writes"], "write calls", f"{calls}", 5)
    yield Figure(f"import of {about}, CPU", spent["sheet"] / spent["file"], "x",
                 f"into a SQLite file ({spent['file']:.1f} s; the sheet {spent['sheet']:.1f} s)", 4)  # fmt: skip


# -- a sheet in use -----------------------------------------------------------------------------------------------


def _lived_in(there: Cloud, place: Path, args: argparse.Namespace) -> Iterator[Figure]:
    address = there.book("Friends")
    plain = open_store(f"sqlite:///{(place / 'plain.db').as_posix()}", CORE_TYPES)
    crm = crm_on(there, place / "one", address)
    store = crm.store
    assert isinstance(store, SheetsStore)
    size = f"{args.contacts:,} contacts, {args.interactions:,} interactions"
    with closing(plain), closing(store):
        for each in (plain, store):
            fill(each, args.contacts, args.interactions)
        yield from _segments(plain, store, args)
        store.step()
        yield _calls("a look when nothing has changed", there.calls(store.step), 1)
        yield _calls("one interaction recorded", there.calls(lambda: _noted(store)), 1)
        yield from _seen(there, store, size)
    yield from _opened(there, place, address, size)


def _calls(name: str, calls: dict[str, int], reach: float) -> Figure:
    return Figure(name, sum(calls.values()), "calls", ", ".join(f"{count} {kind}" for kind, count in calls.items()),
                  reach)  # fmt: skip


def _noted(store: Store) -> None:
    ids = Ids(_now, os.urandom)
    contact = next(store.scan(Contact)).id
    visit = Interaction(id=ids(), contact=contact, kind="visit", day=date(2026, 3, 30))
    store.apply(Batch(ids(), "bench", _now(), changes=[Create(visit)]))


def _seen(there: Cloud, store: SheetsStore, size: str) -> Iterator[Figure]:
    store.step()
    there.ask("people", {"act": "type", "tab": "Contacts", "cell": "J7", "text": "Aberdyfi", "book": store.api.sheet})
    start = time.process_time()
    calls = there.calls(store.step)
    spent = time.process_time() - start
    if store.outcome.taken_in != 1:
        raise SystemExit(f"the edit was not seen: {store.outcome}")
    yield _calls("a hand edit seen, and answered, within one look", calls, 4)
    yield Figure(f"a look at all after one hand edit, {size}", spent, "s of CPU", "", 3)


def _segments(plain: Store, store: Store, args: argparse.Namespace) -> Iterator[Figure]:
    ratios = {}
    for shape in SHAPES:
        if len(list(plain.select(shape.rule))) != len(list(store.select(shape.rule))):
            raise SystemExit(f"{shape.name}: another answer")
        doings = [lambda on=on, shape=shape: list(on.select(shape.rule)) for on in (plain, store)]  # type: ignore[misc]
        file, sheet = turn_about(doings, args.rounds)
        ratios[shape.name] = sheet / file
    worst = max(ratios, key=ratios.__getitem__)
    middle = sorted(ratios.values())[len(ratios) // 2]
    yield Figure("twelve segments, mirror fresh", middle, "x", f"a SQLite store; the slowest, {worst}: "
                 f"{ratios[worst]:.2f}", 1.1)  # fmt: skip


def _opened(there: Cloud, place: Path, address: str, size: str) -> Iterator[Figure]:
    start = time.process_time()
    found: list[Crm] = []
    calls = there.calls(lambda: found.append(crm_on(there, place / "two", address)))
    spent = time.process_time() - start
    found[0].store.close()
    yield _calls("open and read the whole CRM on a new machine", calls, 2)
    yield Figure(f"the same, {size}", spent, "s of CPU", "", 30)


# -- the emulator -------------------------------------------------------------------------------------------------


def _emulated(args: argparse.Namespace) -> Figure:
    """Rows as typed cells, in as few requests as Google takes, from the first byte to the last answer."""
    sys.path.append(str(TESTS))
    from sheets_emulator.credentials import session
    from sheets_emulator.server import Emulator

    draw = random.Random(1)
    values = [{"userEnteredValue": {"stringValue": f"{draw.randrange(10**8):08}"}} for _ in range(COLUMNS)]
    rows = [{"values": values} for _ in range(args.contacts // PARTS)]
    bodies = []
    for part in range(PARTS):
        start = {"sheetId": 0, "rowIndex": 1 + part * len(rows), "columnIndex": 0}
        requests = [
            {"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": len(rows)}},
            {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}},
        ]
        bodies.append(json.dumps({"requests": requests}, separators=(",", ":")).encode())
    with Emulator() as emulator:
        account = emulator.accounts.service_account()
        book = emulator.put("Large", share={account["client_email"]: "writer"})
        emulator.people.insert_columns("Sheet1", "Z", COLUMNS - 26 + 1)
        signed = session(emulator, account)
        begun = time.process_time()
        url = f"https://sheets.googleapis.com/v4/spreadsheets/{book.id}:batchUpdate"
        for body in bodies:
            answer = signed.post(url, data=body, headers={"Content-Type": "application/json"})
            if answer.status_code != 200:
                raise SystemExit(answer.text[:500])
        spent = time.process_time() - begun
    size = sum(map(len, bodies)) / 1e6
    return Figure(f"emulator: {args.contacts:,} rows of {COLUMNS} cells", spent, "s of CPU", f"{size:.1f} MB", FEW)


def parser() -> argparse.ArgumentParser:
    """The options; sizes are the issue's."""
    found = options(__doc__)
    found.set_defaults(contacts=10_000, interactions=50_000)
    return found


if __name__ == "__main__":
    from run import show

    show(run, parser())
