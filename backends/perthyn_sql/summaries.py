"""Summaries: all-time facts per contact, of each kind and of all together, worked out afresh by sets.

Whatever a batch does, the summaries of the contacts it touched are made anew within its transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from perthyn_sql.dialect import done

ANY = 0
"""In the place of a kind: all kinds together. No word has this id."""

FORGET = "DELETE FROM summary_"
SUM_UP = """
INSERT INTO summary_ (contact, kind, count, amount, first, last, days)
SELECT contact, {kind}, count(*), coalesce(sum(CASE WHEN currency = ? THEN amount END), 0),
       min(day), max(day), count(DISTINCT day)
FROM interaction{where}
GROUP BY contact{each}
"""
EACH_KIND = {"kind": "kind", "each": ", kind"}
ALL_KINDS = {"kind": ANY, "each": ""}
CREATED = " WHERE contact IN (SELECT contact FROM interaction WHERE batch_ = ?)"
THESE = " WHERE contact IN (*)"


def sum_up(connection: Connection, contacts: Iterable[int], batch: int | None, currency: int | None) -> None:
    """Renew the summaries of these contacts and, with a batch's number, of all whose interactions it created.

    `currency` is the word id of the store's own currency, None where no amount was ever in it.
    """
    if batch is not None:
        connection.exec_driver_sql(FORGET + CREATED, (batch,))
        for kinds in (EACH_KIND, ALL_KINDS):
            connection.exec_driver_sql(SUM_UP.format(where=CREATED, **kinds), (currency, batch))
    keys = sorted(contacts)
    done(connection, FORGET + THESE, keys)
    for kinds in (EACH_KIND, ALL_KINDS):
        done(connection, SUM_UP.format(where=THESE, **kinds), keys, (currency,))


def sum_up_all(connection: Connection, currency: int | None) -> None:
    """Renew every summary."""
    connection.exec_driver_sql(FORGET)
    for kinds in (EACH_KIND, ALL_KINDS):
        connection.exec_driver_sql(SUM_UP.format(where="", **kinds), (currency,))
