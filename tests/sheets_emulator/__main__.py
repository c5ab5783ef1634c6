"""`python -m sheets_emulator`: the emulator by hand, so that anybody can try a program without an account at Google."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from .clock import Clock, RealClock
from .server import Emulator

ABOUT = """\
Google Sheets, Drive and the token endpoint answer on {url} (this machine only; all is forgotten when it stops).

Send there what would go to sheets.googleapis.com, www.googleapis.com and oauth2.googleapis.com (in Python: mount an
adapter for https:// on the session, as sheets_emulator.credentials.session does).

Service account  {email}
Credentials      {file}
A spreadsheet shared with it: https://docs.google.com/spreadsheets/d/{book}/edit

Orders for the emulator itself, for example:
  curl {url}/admin
  curl {url}/admin/people -d '{{"act": "type", "tab": "Sheet1", "cell": "A1", "text": "Shwmae"}}'
  curl {url}/admin/faults -d '{{"at": 1, "kind": "503"}}'
"""


def main() -> None:
    """Start, say how to reach it, show each request until Ctrl-C."""
    words = argparse.ArgumentParser(prog="python -m sheets_emulator", description=__doc__)
    words.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    words.add_argument(
        "--clock", choices=("real", "moved"), default="real", help="'moved' stands still but for /admin/clock"
    )
    words.add_argument("--credentials", type=Path, help="write the service account's key file here")
    words.add_argument("--no-quotas", action="store_true", help="answer as many requests a minute as come")
    words.add_argument("--no-storage", action="store_true", help="service accounts can't create files, as since 2025")
    words.add_argument("--title", default="Friends of the house", help="the title of the spreadsheet that is there")
    given = words.parse_args()
    clock = RealClock() if given.clock == "real" else Clock()
    with Emulator(clock=clock, quotas=not given.no_quotas, port=given.port) as emulator:
        emulator.drive.service_accounts_store = not given.no_storage
        account = emulator.accounts.service_account()
        book = emulator.put(given.title, share={account["client_email"]: "writer"})
        if given.credentials:
            given.credentials.write_text(json.dumps(account, indent=2) + "\n", encoding="utf-8")
        file = given.credentials or "none written; ask with --credentials FILE"
        print(ABOUT.format(url=emulator.url, email=account["client_email"], file=file, book=book.id), flush=True)
        shown = 0
        try:
            while True:
                for entry in list(emulator.log)[shown:]:
                    print(entry.line(), flush=True)
                    shown += 1
                time.sleep(0.2)
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
