"""An emulator of Google Sheets (and of the Drive around it) on loopback, for tests and for trying things by hand.

In a test:

    with Emulator() as emulator:                      # sheets_emulator.server; the fixture `emulator` in conftest.py
        account = emulator.accounts.service_account() # the content of a credentials file
        book = emulator.put("Friends", share={account["client_email"]: "writer"})
        session = credentials.session(emulator, account)        # signs in as in production, nothing is replaced
        client = credentials.client(emulator, account)          # gspread
        emulator.faults.at(3, "503", applied=True)    # the third request from now is applied, the answer says no
        emulator.people.before(2, lambda: emulator.people.sort("Contacts", "B"))
        emulator.clock.advance(60)                    # quotas are on; the clock stands still unless moved
        emulator.log.mark(); ...; emulator.log.counted()        # reads, writes, calls of Drive

By hand: `python -m sheets_emulator --credentials key.json` in this package's parent folder.

The workbook side (book.py, spreadsheets.py and below) knows nothing of HTTP; the server side (server.py) knows nothing
of cells. Bodies, parameters and masks are held against Google's discovery documents, as google-api-python-client ships
them.
"""
