"""Summaries: all-time facts per contact and kind, worked out afresh by sets for the contacts that were touched."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

CREATE_TOUCHED = "CREATE TEMPORARY TABLE IF NOT EXISTS touched_ (contact BIGINT PRIMARY KEY)"
TOUCH = "INSERT INTO touched_ (contact) VALUES (?) ON CONFLICT DO NOTHING"
TOUCH_BATCH = (
    "INSERT INTO touched_ (contact) SELECT DISTINCT contact FROM interaction WHERE batch_ = ? ON CONFLICT DO NOTHING"
)
FORGET = "DELETE FROM summary_ WHERE contact IN (SELECT contact FROM touched_)"
SUM_UP = """
INSERT INTO summary_ (contact, kind, count, amount, first, last, days)
SELECT contact, kind, count(*), coalesce(sum(CASE WHEN currency = ? THEN amount END), 0),
       min(day), max(day), count(DISTINCT day)
FROM interaction WHERE contact IN (SELECT contact FROM touched_)
GROUP BY contact, kind
"""


def sum_up(connection: Connection, contacts: Iterable[int], batch: int | None, currency: int | None) -> None:
    """Renew the summaries of these contacts and, with a batch's number, of all whose interactions it created.

    `currency` is the word id of the store's own currency, None where no amount was ever in it.
    """
    connection.exec_driver_sql(CREATE_TOUCHED)
    connection.exec_driver_sql("DELETE FROM touched_")
    rows = [(contact,) for contact in contacts]
    if rows:
        connection.exec_driver_sql(TOUCH, rows)
    if batch is not None:
        connection.exec_driver_sql(TOUCH_BATCH, (batch,))
    connection.exec_driver_sql(FORGET)
    connection.exec_driver_sql(SUM_UP, (currency,))
    connection.exec_driver_sql("DELETE FROM touched_")


def sum_up_all(connection: Connection, currency: int | None) -> None:
    """Renew every summary."""
    contacts = connection.exec_driver_sql("SELECT DISTINCT contact FROM interaction UNION SELECT contact FROM summary_")
    sum_up(connection, [contact for (contact,) in contacts.fetchall()], None, currency)
