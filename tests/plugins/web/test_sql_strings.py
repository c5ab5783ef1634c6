"""No SQL is made of what somebody typed, in whichever parameter of whichever route.

Each string holds a mark. A cursor of ours sees every statement on its way to SQLite: the mark may be among the values
that go beside a statement, never in the statement itself.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from perthyn.crm.roles import known_rights
from perthyn.screens import EVERYBODY
from perthyn_web.accounts import limits, tokens

from .conftest import HERE, Site
from .doors import Contents, Door, api_of, doors, fills
from .full_house import begun, full_house
from .test_access import PATIENT, Knocking, cookie
from .test_odd_forms import ANYWHERE, ENDS, forms

MARK = "kanarisql"
STRINGS = tuple(one.replace("@", MARK) for one in (
    # ends of a text, and what then holds for everybody
    "@'", '@"', "@`", "@\\'", "@''", "@'\"`", "@' or '1'='1", "@' or 1=1 --", '@" or ""="',
    "@') or ('1'='1", "@')) or 1=1 --",
    "0 or 1=1 --@", "1) or (1=1 --@", "@' || '1", "@' and '1'='2", "@%' or 1=1 --", "@' or name like '%", "@_%\\",
    # what makes the rest a remark
    "@'#", "@'/*", "@'/**/or/**/1=1/**/--", "@';%00", "@'--\n", "@\\",
    # a second statement
    "@'; drop table contact; --", "1; delete from contact where 1=1; --@", "@'; insert into contact default values; --",
    "@'; update contact set given='@'; --", "@'; attach database 'x' as @; --", "@'; pragma writable_schema=1; --",
    "@'; copy contact to program 'id'; --", "@'); vacuum into 'x'; --", "@'; begin; commit; --",
    "$$; drop table @; --$$",
    # another's rows, and errors that tell
    "@' union select null --", "@' union all select sql,1,2,3,4,5,6,7,8 from sqlite_master --",
    "-1 union select @, version() --",
    "@' and 1=cast((select version()) as int) --", "@' or exists(select 1 from sqlite_master) --",
    "@' and (select substr(sql,1,1) from sqlite_master limit 1)='C' --", "@' order by 99 --",
    "@' group by 1 having 1=1 --",
    "@' limit 1 offset (select count(*) from contact) --", "(select group_concat(sign_in) from web_user) --@",
    # what takes long, or runs
    "@' or pg_sleep(9) is null --", "@'||(select pg_sleep(9))||'", "@' or randomblob(1000000000) --",
    "@' or load_extension('@') --", "@' or writefile('@','@') --", "@' or readfile('/etc/passwd') --",
    "@' or lo_import('/etc/passwd') is null --",
    # written another way
    "@%27 or 1=1 --", "@%2527 or 1=1 --", "@\u02bc or 1=1 --", "@\uff07 or 1=1 --",
    "@\u2019 or 1=1 --", "@\xbf' or 1=1 --",
    "@' oR/**/1=1 --", "@'\tor\t1=1 --", "@' or x'31'='1", "@' or char(49)='1",
    "0x27206f7220313d31 @", "@\u212a' or 1=1 --",
    # marks of values, and of a search's own language
    "@ ? ?", "@ :p0 :name", "@ %s %(p)s", "@ $1 {0} {name}", 'NEAR("@" *', '@* AND "', "given:@ OR NOT *", "^@ - ( )",
    "@[0-9]*", "@' glob '*", "@' match '*", "@' collate nocase --", "E'@\\047 or 1=1'", "U&'@\\0027'", "@'::text --",
))  # fmt: skip
"""By what they try; the list is our own."""
NOTED = {"web.session", "web.token", "batch_", "journal_", "meta_"}
"""Where it is written, now and then, when somebody was last here."""
PART = 30
"""Of the strings, one in so many is tried at each door in a usual run, each door beginning with another one."""


class Statements:
    """What SQLite was told: what it should not have been, and how often the mark stood among the values."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.bound = self.seen = 0

    def note(self, statement: str, values: Any = ()) -> None:
        self.seen += 1
        if MARK in statement.casefold():
            self.made[statement[:300]] += 1
        if isinstance(values, list | tuple | dict) and MARK in repr(values).casefold():
            self.bound += 1


@contextmanager
def heard() -> Iterator[Statements]:
    """Every statement of every connection that is made meanwhile, whichever way it takes to the driver."""
    statements = Statements()

    class Cursor(sqlite3.Cursor):
        def execute(self, statement: str, values: Any = (), /) -> Any:
            statements.note(statement, values)
            return super().execute(statement, values)

        def executemany(self, statement: str, values: Any, /) -> Any:
            statements.note(statement, values)
            return super().executemany(statement, values)

        def executescript(self, statement: str, /) -> Any:
            statements.note(statement)
            return super().executescript(statement)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, *told: Any) -> Any:
            return self.cursor().execute(*told)

        def executemany(self, *told: Any) -> Any:
            return self.cursor().executemany(*told)

        def executescript(self, *told: Any) -> Any:
            return self.cursor().executescript(*told)

    def connects(dialect: Any, record: Any, given: Any, named: dict[str, Any]) -> None:
        named["factory"] = Connection

    event.listen(Engine, "do_connect", connects)
    try:
        yield statements
    finally:
        event.remove(Engine, "do_connect", connects)


def test_what_is_heard_is_all_there_is(tmp_path: Path) -> None:
    """The ear itself: a statement that is built of a text is found, by SQLAlchemy and by the driver."""
    from sqlalchemy import create_engine

    with heard() as statements:
        engine = create_engine(f"sqlite:///{tmp_path / 'x'}")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"select '{MARK} 1'")
            link: Any = connection.connection.dbapi_connection
            link.execute(f"select '{MARK} 2'")
            link.execute("select ?", (MARK,))
            link.executescript(f"select '{MARK} 3'")
        engine.dispose()
    assert sorted(statements.made) == [f"select '{MARK} {n}'" for n in (1, 2, 3)] and statements.bound == 1


def sample(schema: Mapping[str, Any], every: Mapping[str, Any], text: str, fits: bool, depth: int = 6) -> Any:
    """A value for a schema, with the text wherever a text may be; else (not `fits`) wherever anything may be."""
    if "$ref" in schema:
        return sample(every[schema["$ref"].rpartition("/")[2]], every, text, fits, depth)
    for one in schema.get("anyOf", schema.get("oneOf", schema.get("allOf", ()))):
        if one.get("type") != "null":
            return sample(one, every, text, fits, depth - 1) if depth else text
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        more = schema.get("additionalProperties")
        extra = {text: sample(more, every, text, fits, depth - 1)} if isinstance(more, dict) and depth else {}
        named = schema.get("properties", {}).items() if depth else ()
        return {name: sample(one, every, text, fits, depth - 1) for name, one in named} | (
            extra if fits else {text: text}
        )
    if kind == "array":
        return [sample(schema.get("items", {}), every, text, fits, depth - 1)] if depth else []
    if not fits:
        return text
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [text])[0])
    ready = {"date": "2026-03-05", "date-time": "2026-03-05T11:20:00Z", "uuid": "00000000-0000-4000-8000-00000000dead"}
    usual = {"integer": 1, "number": 1, "boolean": True}
    return ready.get(schema.get("format", ""), usual.get(str(kind), text[: schema.get("maxLength", 10**6)]))


class Trying:
    """Sends the strings, as an administrator and as a token that may all, and notes what should not have been."""

    def __init__(self, site: Site, statements: Statements, part: int) -> None:
        self.site, self.statements, self.part = site, statements, part
        self.knocking, self.turn = Knocking(site), count()
        self.wrong: list[str] = []
        self.answers: Counter[int] = Counter()
        self.description = api_of(site).openapi()
        with site.desks() as crm:
            rights = frozenset(one.name for one in known_rights(crm.plugins)) - tokens.NEVER
            self.token = {"authorization": f"Bearer {tokens.new_token(crm, 'strings', rights)[1]}"}
        self.contents = Contents(site)
        self.mine: dict[str, str] = {}
        self.counted: set[str] = set()  # whoever follows a link that is none is counted there
        self.enter()

    def enter(self) -> None:
        """Come in anew, which changes the store."""
        self.mine = cookie(begun(self.site, "an administrator", "administrator"))
        self.contents.changed()

    def strings(self) -> Iterator[str]:
        """The strings for the next door."""
        start = next(self.turn)
        yield from (one for place, one in enumerate(STRINGS) if (place + start) % self.part == 0)

    def ask(self, method: str, path: str, what: str, api: bool, looks: bool, **sent: Any) -> None:
        """One request; `looks`: it may change nothing."""
        self.knocking.client.cookies.clear()
        before = self.statements.made.total()
        headers = {**HERE, **(self.token if api else self.mine)}
        answer = self.knocking.client.request(method, path, headers=headers, **sent)
        self.answers[answer.status_code] += 1
        told = f"{method} {path[:120]} {what}"
        if answer.status_code >= 500:
            self.wrong.append(f"{told}: {answer.status_code}")
        if self.statements.made.total() > before:
            self.wrong.append(f"{told}: made a statement")
        moved = self.contents.changed()
        if looks and set(moved) - NOTED and path not in self.counted:
            self.wrong.append(f"{told}: changed {moved}")
        if answer.status_code in (303, 401) and "/sign-in" in answer.headers.get("location", "/sign-in")[:8]:
            self.enter()

    def paths(self, door: Door) -> None:
        """What stands in braces."""
        body: Any = {"json": {}} if door.api and door.method in ("POST", "PUT", "PATCH") else {}
        names = {name.partition(" ")[2] for name in door.names}
        for text in self.strings() if names else ():
            path = door.at(dict.fromkeys(names, quote(text, safe="")))
            self.ask(
                door.method, path, "in its path", door.api, door.method == "GET" and door.right != EVERYBODY, **body
            )

    def form(self, method: str, path: str, fields: Mapping[str, str], hidden: set[str]) -> None:
        """The fields of a form, all at once and one by one, and their names."""
        kind = "params" if method == "GET" else "data"
        for text in self.strings():
            for said in (dict.fromkeys(fields, text), {**fields, **dict.fromkeys(fields.keys() - hidden, text)}):
                self.ask(method, path, f"all: {text!r}", False, method == "GET", **{kind: said})
            self.ask(method, path, f"a name: {text!r}", False, method == "GET", **{kind: {**fields, text: text}})
        for place, name in enumerate(fields.keys() - set(ANYWHERE)):
            text = STRINGS[(place + next(self.turn)) % len(STRINGS)]
            self.ask(method, path, f"{name}: {text!r}", False, method == "GET", **{kind: {**fields, name: text}})

    def operation(self, door: Door) -> None:
        """The query and the body of an operation of the API, as it describes them."""
        _, values = next(fills(door, self.knocking.known, {}))
        about = self.described(door)
        every = self.description.get("components", {}).get("schemas", {})
        queries = [one for one in about.get("parameters", ()) if one["in"] == "query"]
        body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        looks, path = door.method == "GET", door.at(values)
        for text in self.strings() if door.method != "DELETE" else ():
            for fits in (True, False):
                params = {one["name"]: sample(one["schema"], every, text, fits) for one in queries}
                sent: dict[str, Any] = {"params": params | ({} if fits else {text: text})}
                if body is not None:
                    sent["json"] = sample(body, every, text, fits)
                self.ask(door.method, path, f"all: {text!r}", True, looks, **sent)
            if queries:
                one = queries[next(self.turn) % len(queries)]
                self.ask(door.method, path, f"{one['name']}: {text!r}", True, looks, params={one["name"]: text})

    def described(self, door: Door) -> dict[str, Any]:
        """What the API says of an operation; {} of one that it does not tell of."""
        plain = door.path.replace(":uuid", "").replace(":int", "").replace(":path", "")
        return dict(self.description["paths"].get(plain, {}).get(door.method.lower(), {}))


def tried(folder: Path, part: int) -> Trying:
    """All doors, all parameters; with one in `part` of the strings at each."""
    with heard() as statements, full_house(folder, toml=PATIENT) as site:
        trying = Trying(site, statements, part)
        tables = sorted(trying.contents.digest())
        every = forms(site, trying.knocking, trying.mine)
        trying.counted = {door.at(values) for door in doors(site) if door.right == EVERYBODY
                          for _, values in fills(door, trying.knocking.known, {})}  # fmt: skip
        trying.contents.changed()
        for (method, path), (fields, hidden) in sorted(every.items()):
            if fields and not path.endswith(ENDS):
                trying.form(method, path, fields, hidden)
        for door in doors(site):
            if door.api:
                trying.operation(door)
            trying.paths(door)
        assert sorted(trying.contents.digest()) == tables, "a table has come or gone"
        assert trying.contents.records.execute("pragma integrity_check").fetchone() == ("ok",)
    print(f"{len(STRINGS)} strings: {trying.answers.total()} requests {dict(sorted(trying.answers.items()))}, "
          f"{statements.seen} statements, the mark among the values of {statements.bound}")  # fmt: skip
    return trying


@pytest.mark.slow
def test_what_is_typed_goes_beside_the_statement_never_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST", 10**9)
    trying = tried(tmp_path / "house", PART)
    assert not trying.wrong, "\n".join(sorted(set(trying.wrong))[:200])
    assert trying.statements.bound > 100 and trying.answers.total() > 1_500, "so many, or it tries nothing"


@pytest.mark.whole
def test_every_string_at_every_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST", 10**9)
    trying = tried(tmp_path / "house", 1)
    assert not trying.wrong, "\n".join(sorted(set(trying.wrong))[:200])
