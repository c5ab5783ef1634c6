"""Summaries: all-time facts per contact and kind, worked out afresh by sets for the contacts that were touched."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from perthyn_sql.dialect import done

FORGET = "DELETE FROM summary_"
SUM_UP = """
INSERT INTO summary_ (contact, kind, count, amount, first, last, days)
SELECT contact, kind, count(*), coalesce(sum(CASE WHEN currency = ? THEN amount END), 0),
       min(day), max(day), count(DISTINCT day)
FROM interaction{where}
GROUP BY contact, kind
"""
CREATED = " WHERE contact IN (SELECT contact FROM interaction WHERE batch_ = ?)"
THESE = " WHERE contact IN (*)"


def sum_up(connection: Connection, contacts: Iterable[int], batch: int | None, currency: int | None) -> None:
    """Renew the summaries of these contacts and, with a batch's number, of all whose interactions it created.

    `currency` is the word id of the store's own currency, None where no amount was ever in it.
    """
    if batch is not None:
        connection.exec_driver_sql(FORGET + CREATED, (batch,))
        connection.exec_driver_sql(SUM_UP.format(where=CREATED), (currency, batch))
    keys = sorted(contacts)
    done(connection, FORGET + THESE, keys)
    done(connection, SUM_UP.format(where=THESE), keys, (currency,))


def sum_up_all(connection: Connection, currency: int | None) -> None:
    """Renew every summary."""
    connection.exec_driver_sql(FORGET)
    connection.exec_driver_sql(SUM_UP.format(where=""), (currency,))
