"""Whether an advisory is known of what perthyn stands on: `python tests/tools/audit.py PIP-AUDIT FOLDER`.

PIP-AUDIT: the program; FOLDER: where the libraries are installed. Ends with 0 where there is none, 1 where there are
some (they are named), 2 where nobody could be asked. What is missing at the service counts as asked only beside what is
there: a mirror that knows packages but no advisories answers nothing about any of them.
"""

from __future__ import annotations

import json
import subprocess
import sys

MINUTES = 5


def main(program: str, folder: str) -> int:
    """Ask, and say what was answered."""
    told = [program, "--format=json", "--progress-spinner=off", "--timeout=10", "--path", folder]
    try:
        done = subprocess.run(told, capture_output=True, encoding="utf-8", timeout=MINUTES * 60)
        found = json.loads(done.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        print(f"the advisory service can't be asked: {type(error).__name__}")
        return 2
    asked = [one for one in found if "skip_reason" not in one]
    if len(asked) < len(found) / 2:
        print(f"the advisory service knows {len(asked)} of {len(found)} libraries")
        return 2
    known = [(one, flaw) for one in asked for flaw in one["vulns"]]
    print(f"{len(asked)} of {len(found)} libraries were asked after, {len(known)} advisories")
    for one, flaw in known:
        mended = ", ".join(flaw["fix_versions"]) or "nothing yet"
        print(f"{one['name']} {one['version']}: {flaw['id']}, mended in {mended}")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
