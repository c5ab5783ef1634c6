"""The whole API against its own description: whatever fits it or does not, nothing breaks, nothing else is answered."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, from_schema
from schemathesis.engine.events import EngineFinished, FatalError, NonFatalError, ScenarioFinished

from perthyn.crm.roles import known_rights
from perthyn_web.accounts import limits, tokens

from .conftest import Site, opened

SECONDS = 90


@pytest.fixture
def patient_site(demo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The demonstration's app, which lets everybody ask, and be wrong, as often as they like."""
    monkeypatch.setattr(limits, "MOST", 1_000_000)
    folder = tmp_path / "brithwen"
    shutil.copytree(demo_folder, folder)
    with (folder / "perthyn.toml").open("a", encoding="utf-8") as toml:
        toml.write('\n[web]\nper_minute = 100000000\nhosts = ["testserver"]\n')
    with opened(folder) as found:
        yield found


def token(site: Site) -> str:
    """A token with every right that a token can have."""
    with site.desks() as crm:
        rights = frozenset(one.name for one in known_rights(crm.plugins)) - tokens.NEVER
        return tokens.new_token(crm, "schemathesis", rights)[1]


def held(site: Site, seconds: int) -> tuple[Counter[str], list[str]]:
    """How many calls were made and looked at; what failed, with how to do it again."""
    config = SchemathesisConfig.from_dict({
        "headers": {"Authorization": f"Bearer {token(site)}"},
        "max-time": seconds,
        "seed": int(os.environ.get("SEED", "20261122")),
        "generation": {"max-examples": 20 if seconds <= SECONDS else 200, "database": "none"},
        "phases": {"stateful": {"enabled": seconds > SECONDS}},
        # Data that fits the description may still be refused: a rule that is not understood, a day in the future.
        # A tag of whatever is there ("*") has nothing new to be told.
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "304", "4xx"]}},
    })  # fmt: skip
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", site.app, config=config)
    counts: Counter[str] = Counter()
    failed: dict[str, str] = {}
    for event in from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            counts["calls"] += len(event.recorder.interactions)
            counts["operations"] += 1
            for id, checks in event.recorder.checks.items():
                counts["checks"] += len(checks)
                for one in checks:
                    if one.status == Status.FAILURE and one.failure_info is not None:
                        failed.setdefault(f"{event.label}: {one.name}", _told(event, id, one.failure_info))
            for interaction in event.recorder.interactions.values():
                if interaction.response is not None:
                    counts[f"{interaction.response.status_code // 100}xx"] += 1
        elif isinstance(event, NonFatalError):
            failed.setdefault(f"{event.label}: {event.phase}", str(event.value))
        elif isinstance(event, FatalError):
            raise event.exception
        elif isinstance(event, EngineFinished):
            counts["seconds"] = round(event.running_time)
    return counts, [f"{name}\n{why}" for name, why in failed.items()]


def _told(event: ScenarioFinished, id: str, info: Any) -> str:
    return f"{info.failure}\n{info.code_sample}"


@pytest.mark.slow
def test_nothing_breaks_and_nothing_else_is_answered(patient_site: Site) -> None:
    counts, failed = held(patient_site, SECONDS)
    print(dict(counts))
    assert not failed, f"{len(failed)} of {dict(counts)}:\n\n" + "\n\n".join(failed)
    assert counts["5xx"] == 0
    for one in ("2xx", "4xx"):  # however many calls a busy machine had time for
        assert counts[one] > counts["calls"] / 20


@pytest.mark.whole
def test_ten_minutes_of_it(patient_site: Site) -> None:
    counts, failed = held(patient_site, round(timedelta(minutes=10).total_seconds()))
    print(dict(counts))
    assert not failed, f"{len(failed)} of {dict(counts)}:\n\n" + "\n\n".join(failed)
    assert counts["5xx"] == 0
