"""Summaries: all-time facts per contact, of each kind and of all together, worked out afresh by sets.

Whatever a batch does, the summaries of the contacts it touched are made anew within its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from perthyn_sql.dialect import dialect_of, done

ANY = 0
"""In the place of a kind: all kinds together. No word has this id."""

FORGET = "DELETE FROM summary_"
SUM_UP = """
INSERT INTO summary_ (contact, kind, count, amount, first, last, days)
SELECT contact, {kind}, count(*), coalesce(sum(CASE WHEN currency = ? THEN amount END), 0),
       min(day), max(day), count(DISTINCT day)
FROM interaction{where}
GROUP BY {groups}
"""
IN_TURN = ({"kind": "kind", "groups": "contact, kind"}, {"kind": f"{ANY}", "groups": "contact"})
AT_ONCE = ({"kind": f"coalesce(kind, {ANY})", "groups": "GROUPING SETS ((contact, kind), (contact))"},)
CREATED = " WHERE contact IN (SELECT contact FROM interaction WHERE batch_ = ?)"
THESE = " WHERE contact IN (*)"


def sum_up(connection: Connection, contacts: Iterable[int], batch: int | None, currency: int | None) -> None:
    """Renew the summaries of these contacts and, with a batch's number, of all whose interactions it created.

    `currency` is the word id of the store's own currency, None where no amount was ever in it.
    """
    if batch is not None:
        connection.exec_driver_sql(FORGET + CREATED, (batch,))
        for ways in _ways(connection):
            connection.exec_driver_sql(SUM_UP.format(where=CREATED, **ways), (currency, batch))
    keys = sorted(contacts)
    done(connection, FORGET + THESE, keys)
    for ways in _ways(connection):
        done(connection, SUM_UP.format(where=THESE, **ways), keys, (currency,))


def sum_up_all(connection: Connection, currency: int | None) -> None:
    """Renew every summary."""
    connection.exec_driver_sql(FORGET)
    for ways in _ways(connection):
        connection.exec_driver_sql(SUM_UP.format(where="", **ways), (currency,))


def _ways(connection: Connection) -> Sequence[Mapping[str, str]]:
    """How the rows are grouped: by kind and all together, at once or in turn."""
    return AT_ONCE if dialect_of(connection).groups_at_once else IN_TURN
