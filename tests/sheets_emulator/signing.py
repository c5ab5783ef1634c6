"""The token endpoint and the consent page, over HTTP."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qs, unquote

from .accounts import Accounts
from .granting import GrantRefused
from .pages import page
from .wire import Answer, Asked, said

TOKEN = "/token"
CONSENT = ("/o/oauth2/auth", "/o/oauth2/v2/auth")

BOUNDARY = re.compile(r"/v1/projects/-/serviceAccounts/[^/]+/allowedLocations")


def boundary() -> Answer:
    """Where an account may be used from, which google-auth asks in the background: everywhere."""
    return said(200, {"locations": [], "encodedLocations": "0x0"})


def token(accounts: Accounts, asked: Asked) -> Answer:
    """`POST /token`, the client's secret in the form or in the header."""
    form = {name: values[-1] for name, values in parse_qs(asked.body.decode("utf-8", "replace")).items()}
    kind, _, secret = asked.headers.get("authorization", "").partition(" ")
    try:
        if kind.lower() == "basic":
            form["client_id"], _, form["client_secret"] = map(
                unquote, base64.b64decode(secret).decode("utf-8").partition(":")
            )
        return said(200, accounts.grant(form))
    except (UnicodeDecodeError, binascii.Error):
        return said(401, {"error": "invalid_client", "error_description": "The OAuth client was not found."})
    except GrantRefused as refusal:
        return said(refusal.code, {"error": refusal.error, "error_description": refusal.description})


def consent(accounts: Accounts, asked: Asked) -> Answer:
    """`GET /o/oauth2/auth`: the person in the browser answers at once, and is sent back to the program."""
    try:
        there = accounts.browser.page({name: values[-1] for name, values in asked.query.items()})
    except GrantRefused as refusal:
        return Answer(refusal.code, page(refusal.code, refusal.error, refusal.description), "text/html")
    return Answer(302, headers={"Location": there}, kind="text/html")
