"""The views for reporting tools: their names and columns stay, and they hold what the records hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect

from perthyn.changes import Batch, Change, Create, Delete
from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES, About, Contact, Part, Record, declared, parts, plain, to_wire
from perthyn.testing.rules_strategies import contacts_and_history
from perthyn.testing.suite.base import DAY, happened, person
from perthyn.testing.suite.plugin_types import Pledge, pledged
from perthyn.text import CURRENCY_DECIMALS
from perthyn_sql import open_store
from perthyn_sql.plainly import PLAINLY
from perthyn_sql.store import SqlStore
from perthyn_sql.tables import Schema
from perthyn_sql.views import View, drop_views, views

FROZEN = Path(__file__).with_name("views.json")
"""View -> its columns with their kinds; names may be added, never changed or taken away."""
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


_numbers = iter(range(1, 10**9))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{(tmp_path / 'a.db').as_posix()}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_store(url, [*CORE_TYPES, Pledge])
    yield opened
    opened.close()


def apply(store: SqlStore, *changes: Change) -> None:
    store.apply(Batch(UUID(int=next(_numbers)), "ann", NOON, changes=changes))


def made(store: SqlStore) -> dict[str, View]:
    return {one.name: one for one in views(store.schema, store.currency, store.database.dialect.name)}


def rows(store: SqlStore, view: View) -> list[dict[str, Any]]:
    """What a view shows, values as JSON can hold them."""
    with store.reading() as connection:
        found = connection.exec_driver_sql(f'SELECT * FROM "{view.name}"').mappings().all()
    return [{name: as_said(value) for name, value in row.items()} for row in found]


def as_said(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Decimal):
        return float(value)
    return plain(value) if isinstance(value, date) else value


def test_names_stay() -> None:
    for dialect in PLAINLY:
        found = {
            view.name: {one.name: one.kind for one in view.columns}
            for view in views(Schema([*CORE_TYPES, Pledge]), "GBP", dialect)
        }
        assert found == json.loads(FROZEN.read_text(encoding="utf-8"))


def test_a_store_has_each_view_with_its_columns(store: SqlStore) -> None:
    for view in made(store).values():
        with store.reading() as connection:
            found = connection.exec_driver_sql(f'SELECT * FROM "{view.name}"')
            assert list(found.keys()) == [one.name for one in view.columns]
            found.close()


def test_settings_are_not_shown(store: SqlStore) -> None:
    assert not any("setting" in view.about for view in made(store).values())


def shown(record: Record | Part, currency: str) -> dict[str, Any]:
    """The plain fields of a record or part as a view has them."""
    found: dict[str, Any] = {}
    for name, about in declared(type(record)).items():
        value = getattr(record, name)
        if about.kind == "money":
            found[f"{name}_minor"] = value
            places = CURRENCY_DECIMALS.get(getattr(record, "currency", currency) or "", 2)
            value = None if value is None else value / 10**places
        found[name] = int(value) if about.kind == "flag" else plain(value) if about.kind != "money" else value
    return found


def expected(records: Iterable[Record], currency: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in records:
        row = shown(one, currency)
        if isinstance(one, Contact):
            email, address = one.preferred_email(), one.preferred_address()
            phone = next((phone for phone in one.phones if phone.preferred), next(iter(one.phones), None))
            row |= {"shown_name": one.shown_name, "email": email and email.address, "phone": phone and phone.number}
            row |= {"address": address and address.lines}
            row |= {name: getattr(address, name, None) for name in ("town", "county", "postcode", "country")}
        found.setdefault(one.type_name, []).append(row)
        for name in parts(type(one)):
            whose = {"contact" if isinstance(one, Contact) else "record": str(one.id)}
            rows = [whose | shown(part, currency) for part in getattr(one, name)]
            found.setdefault(f"{one.type_name}.{name}", []).extend(rows)
    return found


def in_order(found: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in found)


@settings(
    max_examples=max(3, settings().max_examples // 6), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_values_are_those_of_the_records(store: SqlStore, data: st.DataObject) -> None:
    records = data.draw(contacts_and_history())
    apply(store, *map(Create, records))
    wanted = expected(records, store.currency)
    wanted["totals"] = [
        {"contact": str(person.id), "kind": one.kind, "count": one.count, "amount": one.amount / 100,
         "amount_minor": one.amount, "currency": store.currency, "first": plain(one.first),
         "last": plain(one.last), "days": one.days}
        for person in records if isinstance(person, Contact) for one in store.totals(person.id)
    ]  # fmt: skip
    shown = {view.about: rows(store, view) for view in made(store).values()}
    apply(store, *map(Delete, reversed(records)))
    for about, found in shown.items():
        assert in_order(found) == in_order(wanted.get(about, [])), about


def test_values_of_a_plugins_type(store: SqlStore) -> None:
    pledge = pledged(5, amount=1250, currency="JPY", kept=True, at=NOON, group="x", order="y",
                     instalments=[{"due": DAY, "amount": 7}])  # fmt: skip
    apply(store, Create(person(1)), Create(pledge))
    wanted = expected([pledge], store.currency)
    found = made(store)
    assert rows(store, found["report_test_pledge"]) == wanted["test_pledge"]
    assert rows(store, found["report_test_pledge"])[0]["amount"] == 1250
    assert rows(store, found["report_test_pledge__instalments"]) == wanted["test_pledge.instalments"]


def test_the_preferred_email_and_address_else_the_first(store: SqlStore) -> None:
    one = Contact.model_validate(
        {"id": UUID(int=1), "emails": [{"address": "a@x.org"}, {"address": "b@x.org", "preferred": True}],
         "addresses": [{"town": "Bala"}, {"town": "Tywyn"}]}
    )  # fmt: skip
    apply(store, Create(one))
    (row,) = rows(store, made(store)["report_contacts"])
    assert (row["shown_name"], row["email"], row["town"]) == ("a@x.org", "b@x.org", "Bala")


@settings(max_examples=settings().max_examples * 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dates())
def test_days(store: SqlStore, day: date) -> None:
    said = PLAINLY[store.database.dialect.name].day(f"CAST({day.toordinal()} AS BIGINT)")
    with store.reading() as connection:
        assert as_said(connection.exec_driver_sql(f"SELECT {said}").scalar_one()) == day.isoformat()


@settings(max_examples=settings().max_examples * 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)))
def test_instants(store: SqlStore, instant: datetime) -> None:
    instant = instant.replace(tzinfo=UTC)
    instant -= timedelta(microseconds=instant.microsecond % 1000)
    wire = to_wire("instant", instant)
    said = PLAINLY[store.database.dialect.name].instant(f"CAST({wire} AS BIGINT)")
    with store.reading() as connection:
        assert as_said(connection.exec_driver_sql(f"SELECT {said}").scalar_one()) == plain(
            datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=wire)
        )


def test_views_joined_by_contact_are_not_a_loop_in_a_loop(store: SqlStore) -> None:
    asked = (
        "SELECT c.shown_name, e.address, count(*) FROM report_contacts c"
        " JOIN report_interactions i ON i.contact = c.id JOIN report_emails e ON e.contact = c.id GROUP BY 1, 2"
    )
    with store.reading() as connection:
        if connection.dialect.name == "sqlite":
            steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}")]
            assert sum("AUTOMATIC" in step for step in steps) == 2, steps


# -- made again when declarations change ------------------------------------------------------------------------


class Longer(Pledge):
    """The pledge of a later version: one more field."""

    version: ClassVar[int] = 4
    thanked: Annotated[date | None, About("Thanked on", "Diolchwyd ar", kind="date")] = None


def test_views_follow_the_declarations(store: SqlStore, url: str) -> None:
    apply(store, Create(person(1)), Create(pledged(5)))
    store.close()
    for types, name in (([*CORE_TYPES, Longer], "thanked"), (CORE_TYPES, "thanked")):  # then nobody declares it
        again = open_store(url, types)
        assert name in rows(again, made(again)["report_test_pledge"])[0]
        again.close()


def test_a_store_that_is_as_it_should_be_is_not_written_to(store: SqlStore, url: str) -> None:
    store.close()
    again = open_store(url, [*CORE_TYPES, Pledge])
    with again.database.writing() as connection:
        drop_views(connection)
    again.close()
    again = open_store(url, [*CORE_TYPES, Pledge])
    with again.reading() as connection:
        assert not [name for name in inspect(connection).get_view_names() if name.startswith("report_")]
    again.close()


def test_who_may_read_a_view_may_read_it_made_again(postgres_url: str) -> None:
    url = postgres_url
    reader = f"reader_{url[-6:]}"
    store = open_store(url, [*CORE_TYPES, Pledge])
    with store.database.writing() as connection:
        connection.exec_driver_sql(f'CREATE ROLE "{reader}"')
        connection.exec_driver_sql(f'GRANT SELECT ON report_totals TO "{reader}"')
    store.close()
    open_store(url, [*CORE_TYPES, Longer]).close()
    again = open_store(url, [*CORE_TYPES, Longer])
    try:
        with again.database.writing() as connection:
            asked = f"SELECT has_table_privilege('{reader}', ?, 'SELECT')"
            may = [connection.exec_driver_sql(asked, (one,)).scalar_one() for one in ("report_totals", "report_tags")]
            assert may == [True, False]
            connection.exec_driver_sql(f'DROP OWNED BY "{reader}"')
            connection.exec_driver_sql(f'DROP ROLE "{reader}"')
    finally:
        again.close()


def test_somebodys_own_views_are_not_swept_away(postgres_url: str) -> None:
    store = open_store(postgres_url, [*CORE_TYPES, Pledge])
    with store.database.writing() as connection:
        connection.exec_driver_sql("CREATE VIEW theirs AS SELECT tag FROM report_tags")
    store.close()
    with pytest.raises(PerthynError) as caught:
        open_store(postgres_url, [*CORE_TYPES, Longer])
    assert (caught.value.code, caught.value.facts["view"]) == ("store.views.used", "report_tags")


def test_the_questions_of_the_page_can_be_asked(store: SqlStore) -> None:
    page = Path(__file__).parents[2] / "docs" / "howto" / "reporting-tools.md"
    asked = re.findall(r"^```sql\n(SELECT.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(asked) == 2
    visit, gift = happened(11, person(1)), happened(12, person(1), "donation", amount=1250, currency="GBP")
    apply(store, Create(person(1)), Create(person(2)), Create(visit), Create(gift), Create(happened(13, person(2))))
    with store.reading() as connection:
        income, quiet = (connection.exec_driver_sql(one.strip().rstrip(";")).fetchall() for one in asked)
    assert [(*row[:2], as_said(row[2])) for row in income] == [("2026-03", "donation", 12.5)]
    assert [tuple(row) for row in quiet] == [(None, 1)]
