"""A process that runs the real command again and again, each time in a child of its own, with strace at it if asked.

Everything is imported once, so that a child starts in a tenth of a second. One request a line on standard input, one
answer a line on standard output, both JSON. A child's words are sent over sockets instead of written, so that a
`write` that fails is a file's.
"""

from __future__ import annotations

import ctypes
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from perthyn.cli.main import run

PACKAGES = (
    "perthyn.cli", "perthyn.crm", "perthyn.importing", "perthyn.backups", "perthyn_sql", "perthyn_sheets",
    "perthyn_exports",
)  # fmt: skip
LATE = ("sqlalchemy.dialects.sqlite", "tomlkit", "email_validator", "phonenumbers", "rapidfuzz.distance")
PATIENCE = 120
"""Seconds after which a command is taken to hang; it dies by SIGALRM."""
ANYBODY = 0x59616D61, ctypes.c_ulong(-1)
"""prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY): where the kernel lets ancestors only look at a process."""


def answered(argv: list[str], home: str, environ: dict[str, str], watched: list[str]) -> dict[str, Any]:
    """Run the command in `home`. `watched`: strace and its options, or nothing. Answers code, out, err."""
    pairs = [socket.socketpair() for _ in range(2)]
    gate, opened = os.pipe()
    child = os.fork()
    if not child:
        _run_child(argv, home, environ, [theirs for _, theirs in pairs], gate)
    for _, theirs in pairs:
        theirs.close()
    watcher = _watch(watched, child)
    os.write(opened, b".")
    said = []
    for ours, _ in pairs:
        with ours, ours.makefile(encoding="utf-8", errors="replace") as stream:
            said.append(stream.read())
    _, status = os.waitpid(child, 0)
    if watcher is not None:
        watcher.wait()
    for end in (gate, opened):
        os.close(end)
    return {"code": os.waitstatus_to_exitcode(status), "out": said[0], "err": said[1]}


def _watch(watched: Sequence[str], child: int) -> subprocess.Popen[bytes] | None:
    """Strace at the child, when it has taken hold of it."""
    if not watched:
        return None
    watcher = subprocess.Popen([*watched, "-p", str(child)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    status = Path(f"/proc/{child}/status")
    while "TracerPid:\t0\n" in status.read_text(encoding="ascii"):
        if watcher.poll() is not None:
            raise RuntimeError(f"strace may not look at another process here ({watcher.returncode})")
        time.sleep(0.002)
    return watcher


def _run_child(argv: list[str], home: str, environ: dict[str, str], ends: Sequence[socket.socket], gate: int) -> None:
    """The command, and the end of this process."""
    code = 70
    try:
        ctypes.CDLL(None).prctl(*ANYBODY, 0, 0, 0)
        signal.alarm(PATIENCE)
        os.chdir(home)
        os.environ.clear()
        os.environ.update(environ)
        tempfile.tempdir = None
        for at, end in enumerate(ends, 1):
            os.dup2(end.fileno(), at)
            end.close()
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - as long as the process
        sys.stdout, sys.stderr = (socket.socket(fileno=at).makefile("w", encoding="utf-8") for at in (1, 2))
        os.read(gate, 1)
        code = run(argv)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        sys.stdout.flush()
        os._exit(code)


def _import_all() -> None:
    for name in PACKAGES:
        for module in pkgutil.walk_packages(import_module(name).__path__, f"{name}."):
            import_module(module.name)
    for name in LATE:
        import_module(name)


if __name__ == "__main__":
    _import_all()
    for line in sys.stdin:
        print(json.dumps(answered(**json.loads(line))), flush=True)
