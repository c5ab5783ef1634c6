"""The emulator as a program of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from sheets_emulator import credentials


def test_it_says_how_to_reach_it(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    words = [
        sys.executable,
        "-m",
        "sheets_emulator",
        "--credentials",
        str(key),
        "--title",
        "Cyfeillion",
        "--no-storage",
    ]
    started = subprocess.Popen(words, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, encoding="utf-8")
    assert started.stdout
    try:
        said = ""
        while "/admin/faults" not in said:
            line = started.stdout.readline()
            assert line, said
            said += line
        url, id = re.findall(r"http://127\.0\.0\.1:\d+", said)[0], re.findall(r"/d/([\w-]{44})/edit", said)[0]
        session = credentials.session(url, json.loads(key.read_text(encoding="utf-8")))
        found = session.get(
            f"https://sheets.googleapis.com/v4/spreadsheets/{id}", params={"fields": "properties/title"}
        )
        assert found.json() == {"properties": {"title": "Cyfeillion"}}
        assert session.post("https://sheets.googleapis.com/v4/spreadsheets", json={}).status_code == 403
        assert "200 read  GET    /v4/spreadsheets/" in "".join(started.stdout.readline() for _ in range(3))
    finally:
        started.kill()
        started.wait(10)
        started.stdout.close()
