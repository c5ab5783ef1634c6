"""What a pretix server answered once (tests/data/pretix): 70 orders whole, and all 220 as its CSV exports tell them.

The 150 orders of which only the exports are kept are written out in the shape of those that were recorded.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

DATA = Path(__file__).parents[2] / "data" / "pretix"
ORDERS, POSITIONS = DATA / "pretix_orders.csv", DATA / "pretix_positions.csv"
LONDON = ZoneInfo("Europe/London")
NEWS = "Email me news of the house (you can opt out at any time)"
GIFT_AID = "I am a UK taxpayer: claim Gift Aid on my donation"
QUESTIONS = {"GIFTAID": (1, GIFT_AID), "NEWS": (2, NEWS), "HEAR": (3, "How did you hear of us?")}
EVENTS = [
    {
        "slug": "house", "name": {"en": "House & Gardens: timed entry"}, "currency": "GBP", "has_subevents": True,
        "date_from": "2026-04-04T10:00:00+01:00", "testmode": False, "meta_data": {},
    },
    {
        "slug": "gala", "name": {"en": "Midsummer Gala Dinner"}, "currency": "GBP", "has_subevents": False,
        "date_from": "2026-12-12T19:00:00Z", "testmode": False, "meta_data": {"Type": "dinner"},
    },
]  # fmt: skip


def bodies(name: str) -> Any:
    """One recorded answer."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as content:
        return list(csv.DictReader(content))


def listed() -> dict[str, list[dict[str, Any]]]:
    """What stands below the organizer's events, by its path. The gala's were not recorded."""
    house = bodies("api_house_items")["results"]
    gala = [
        {**house[0], "id": 6, "name": {"en": "Dinner seat", "cy": "Sedd cinio"}, "admission": True},
        {**house[3], "id": 7, "name": {"en": "Raffle ticket"}, "admission": False},
    ]
    diet = {**bodies("api_house_questions")["results"][0], "id": 4, "identifier": "DIET", "type": "S", "items": [6]}
    diet["question"] = {"en": "Dietary or access needs", "cy": "Anghenion bwyd neu fynediad"}
    return {
        "house/items": house,
        "house/questions": bodies("api_house_questions")["results"],
        "house/subevents": bodies("api_house_subevents")["results"],
        "house/categories": [],
        "gala/items": gala,
        "gala/questions": [diet],
        "gala/categories": [],
    }


def whole() -> list[dict[str, Any]]:
    """The 70 orders that were recorded whole."""
    found: list[dict[str, Any]] = bodies("api_house_orders")["results"] + bodies("api_gala_orders")["results"]
    return found


def all_orders() -> list[dict[str, Any]]:
    """All 220: as they were recorded, or else as the exports tell them."""
    recorded = {one["code"]: one for one in whole()}
    lines: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(POSITIONS):
        lines[row["Order code"]].append(row)
    return [recorded.get(row["Order code"]) or written(row, lines[row["Order code"]]) for row in rows(ORDERS)]


def written(row: dict[str, str], lines: list[dict[str, str]]) -> dict[str, Any]:
    """An order of the exports in the shape of the API."""
    status = {"paid": "p", "pending": "n", "expired": "e", "canceled": "c"}[row["Status"]]
    placed = datetime.fromisoformat(f"{row['Order date']}T{row['Order time']}").replace(tzinfo=LONDON)
    came = status == "p" or (status == "c" and bool(row["Payment providers"]))
    payment = {"local_id": 1, "state": "confirmed" if came else "created", "amount": row["Order total"]}
    payment |= {"created": placed.isoformat(), "payment_date": placed.isoformat(), "provider": "manual"}
    changed = "2026-11-22T02:41:50.100000Z"
    back = {"local_id": 1, "state": "done", "amount": row["Order total"], "created": changed, "comment": ""}
    back |= {"execution_date": changed, "provider": "manual", "source": "admin", "payment": 1}
    address = {
        "company": row["Company"], "name": row["Name"], "name_parts": {"_legacy": row["Name"]},
        "street": row["Address"], "zipcode": row["ZIP code"], "city": row["City"], "country": row["Country"],
        "state": row["State"], "is_business": False,
    }  # fmt: skip
    return {
        "code": row["Order code"], "event": row["Event slug"], "status": status, "testmode": False,
        "secret": "s" * 16, "email": row["Email"], "phone": row["Phone number"] or None,
        "locale": row["Order locale"], "datetime": placed.isoformat(), "total": row["Order total"], "fees": [],
        "invoice_address": address, "positions": [_position(one) for one in lines], "last_modified": changed,
        "payments": [payment], "refunds": [back] if came and status == "c" else [], "sales_channel": "web",
        "customer": None, "cancellation_date": changed if status == "c" else None, "valid_if_pending": False,
    }  # fmt: skip


def _position(row: dict[str, str]) -> dict[str, Any]:
    days = {one["date_from"][:10]: one["id"] for one in bodies("api_house_subevents")["results"]}
    said = {"True": "True", "Yes": "True", "No": "False"}
    answers = [
        {"question": number, "question_identifier": name, "answer": said.get(row[text], row[text]), "options": []}
        for name, (number, text) in QUESTIONS.items()
        if row[text]
    ]
    scan = {"id": 1, "datetime": "2026-11-22T02:41:52Z", "list": 1, "type": "entry"}
    return {
        "id": 1000, "positionid": int(row["Position ID"]), "item": int(row["Product ID"]), "variation": None,
        "price": row["Price"], "attendee_name": row["Attendee name"] or None, "attendee_email": None,
        "attendee_name_parts": {"_legacy": row["Attendee name"]} if row["Attendee name"] else {},
        "subevent": days.get(row["Start date"][:10]), "canceled": False, "addon_to": None, "answers": answers,
        "checkins": [scan] if row["Check-in lists"] else [], "secret": "t" * 32,
    }  # fmt: skip


def many(count: int) -> list[dict[str, Any]]:
    """So many orders, made of the recorded ones: codes and addresses of their own, changed one second apart."""
    orders = whole()
    made = []
    for number in range(count):
        one = json.loads(json.dumps(orders[number % len(orders)]))
        one["code"] = f"{one['code'][:2]}{number:05}"
        one["email"] = f"buyer{number}@example.org"
        minutes, seconds = divmod(number, 60)
        one["datetime"] = f"2026-09-01T{minutes // 60:02}:{minutes % 60:02}:{seconds:02}+01:00"
        one["last_modified"] = f"2026-11-20T{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.500000Z"
        made.append(one)
    return made
