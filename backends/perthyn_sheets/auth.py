"""Who we are to Google: a service account with its key, or a person who signed in through a browser.

Loads Google's libraries, which takes a while: import it where it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from functools import lru_cache
from pathlib import Path
from typing import Any

import google.oauth2.credentials
import google.oauth2.service_account
from google.auth.credentials import Credentials
from google.auth.crypt import RSASigner
from requests import RequestException

from perthyn.errors import PerthynError
from perthyn.settings import write_whole
from perthyn_sheets.causes import grant_refused
from perthyn_sheets.config import read_config
from perthyn_sheets.elsewhere import lead
from perthyn_sheets.keys import Key, read, read_key, token_file

AUTH = "https://www.googleapis.com/auth/"
ACCOUNT_SCOPES = (f"{AUTH}spreadsheets", f"{AUTH}drive.metadata.readonly")
"""Of Drive a service account sees what was shared with it: its version, and with whom else it is shared."""

PERSON_SCOPES = (f"{AUTH}spreadsheets", f"{AUTH}drive.file")
"""Of Drive nothing but what perthyn itself made: anything more Google would have to review, or a person to fear."""

MADE_SCOPES = (f"{AUTH}drive.file",)
"""No sheet but those that perthyn itself made: Google reviews no program for that, and warns of none."""

PATIENCE = 600
"""Seconds that somebody has for signing in."""


@lru_cache(maxsize=4)
def _signer(key: str, id: str | None) -> RSASigner:
    """What signs with a service account's key; OpenSSL takes its time to look at one. Raises ValueError."""
    signer: RSASigner = RSASigner.from_string(key, id)  # type: ignore[no-untyped-call]
    return signer


def credentials_of(key: Key) -> Credentials:
    """What requests are signed with; nothing is asked of Google yet.

    Raises `PerthynError`: ``sheets.credentials.broken``, ``sheets.sign_in`` (nobody has signed in).
    """
    if key.kind == "account":
        account = google.oauth2.service_account.Credentials
        try:
            signer = _signer(key.content["private_key"], key.content.get("private_key_id"))
            email, token = key.content["client_email"], key.content["token_uri"]
            return account(signer, email, token, scopes=ACCOUNT_SCOPES)  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise PerthynError("sheets.credentials.broken", file=str(key.file), reason=str(error)) from error
    file = token_file(key)
    try:
        token = read(file)
        if token.get("client_id") != key.content["installed"]["client_id"]:
            raise ValueError("another client's")
        return google.oauth2.credentials.Credentials.from_authorized_user_info(token)  # type: ignore[no-any-return, no-untyped-call]
    except (OSError, ValueError) as error:
        raise PerthynError("sheets.sign_in", file=str(file)) from error


def sign_in(
    folder: Path,
    section: Mapping[str, Any],
    *,
    scopes: Sequence[str] = PERSON_SCOPES,
    open_browser: bool = True,
    prompt: str = "{url}",
) -> Path:
    """Have a person sign in through a browser, and keep what Google gives in return; the file where it is kept.

    `scopes`: what is asked for. `prompt` is written to standard error, with the address to be opened at ``{url}``.
    Raises `PerthynError`: as `read_key` does, ``sheets.credentials.account`` for a service account,
    ``sheets.sign_in.refused``, ``sheets.policy``, ``sheets.scopes``, ``settings.unwritable``.
    """
    from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError
    from oauthlib.oauth2 import OAuth2Error

    config = read_config(section)
    key = read_key(config, folder)
    if key.kind == "account":
        raise PerthynError("sheets.credentials.account", file=str(key.file), account=key.email)
    flow = InstalledAppFlow.from_client_config(dict(key.content), scopes=scopes)
    lead(flow.oauth2session, config.endpoint)
    try:
        with redirect_stdout(sys.stderr):
            person = flow.run_local_server(
                port=0,
                open_browser=open_browser,
                authorization_prompt_message=prompt,
                timeout_seconds=PATIENCE,
                prompt="consent",
            )
    except Warning as error:  # so oauthlib says that less was allowed than was asked for
        raise PerthynError("sheets.scopes", reason=str(error)) from error
    except (OAuth2Error, RequestException, WSGITimeoutError) as error:
        problem = grant_refused(str(error), account="", file=str(key.file))
        if problem.code == "sheets.policy":
            raise problem from error
        raise PerthynError("sheets.sign_in.refused", reason=str(error)) from error
    file = token_file(key)
    try:
        write_whole(file, person.to_json(strip=("token", "expiry")), secret=True)
    except OSError as error:
        raise PerthynError("settings.unwritable", file=str(file), why=str(error)) from error
    return file
