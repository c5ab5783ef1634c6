"""A real pretix on loopback, in one command; it takes some 600 MB and several minutes the first time.

    python tests/plugins/tickets/pretix_server.py FOLDER [PORT]

FOLDER keeps its virtual environment and an empty database, which each start begins with. Prints the address and the
keys as JSON and serves until it is stopped. Needs pip and a package index; nothing outside FOLDER is written.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

VERSION = "2026.8.0"
_CONFIG = """
[pretix]
instance_name=perthyn
url={url}
datadir={data}
registration=off
allow_http_to_private_networks=on
[database]
backend=sqlite3
[django]
secret=only-for-tests-on-loopback-only-for-tests-on-loopback
[mail]
from=tickets@example.org
host=127.0.0.1
port=9
"""


def python_of(folder: Path) -> Path:
    """The interpreter of pretix's environment, whether it is there or not."""
    return folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def installed(folder: Path) -> Path:
    """The interpreter of an environment with pretix in it, made where there is none."""
    python = python_of(folder)
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    wanted = [f"pretix=={VERSION}", "gunicorn"]
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([str(python), "-m", "pip", "install", *quiet, *wanted], check=True)
    return python


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[dict[str, Any]]:
    """A server with an empty organizer *castle*. Answers ``url`` and the keys ``seller``, ``reader``, ``stranger``.

    What is asked of it stands in ``access.log``.
    """
    python = installed(folder)
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    url, config = f"http://127.0.0.1:{port}", folder / "pretix.cfg"
    data, empty = folder / "data", folder / "empty.sqlite3"
    data.mkdir(exist_ok=True)
    if empty.exists():
        shutil.copyfile(empty, data / "db.sqlite3")
    config.write_text(_CONFIG.format(url=url, data=data), encoding="utf-8")
    environ = {**os.environ, "PRETIX_CONFIG_FILE": str(config)}
    with (folder / "pretix.log").open("w", encoding="utf-8") as log:
        subprocess.run(
            [str(python), "-m", "pretix", "migrate", "--noinput"], env=environ, stdout=log, stderr=log, check=True
        )
        if not empty.exists():
            shutil.copyfile(data / "db.sqlite3", empty)
        seed = [str(python), str(Path(__file__).with_name("pretix_seed.py"))]
        made = subprocess.run(seed, env=environ, stdout=subprocess.PIPE, stderr=log, check=True, text=True)
        keys = json.loads(made.stdout.splitlines()[-1])
        serve = [str(python), "-m", "gunicorn", "pretix.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
        serve += ["--timeout", "120", "--access-logfile", str(folder / "access.log")]
        server = subprocess.Popen(serve, env=environ, stdout=log, stderr=log)
        try:
            _wait(url, server)
            yield {"url": url, **keys}
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(30)
            server.kill()
            server.wait()


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if server.poll() is not None:
            raise RuntimeError("pretix ended; see pretix.log")
        try:
            urlopen(f"{url}/api/v1/organizers/", timeout=30).close()
            return
        except HTTPError:
            return  # it says that we have no key: it is there
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("pretix does not answer; see pretix.log")


def call(url: str, key: str, method: str, path: str, body: Any = None) -> Any:
    """One call of its API, as the person at the till does it. Raises RuntimeError with what pretix says."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Token {key}", "Content-Type": "application/json"}
    asked = Request(f"{url}/api/v1/organizers/castle/{path}", data, headers, method=method)
    try:
        with urlopen(asked, timeout=120) as answer:
            text = answer.read()
    except HTTPError as error:
        raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()[:500]}") from None
    return json.loads(text) if text else None


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    place = Path(sys.argv[1]).resolve()
    place.mkdir(parents=True, exist_ok=True)
    with serving(place, int(sys.argv[2]) if len(sys.argv) > 2 else 0) as known:
        print(json.dumps(known), flush=True)
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
