"""What comes from elsewhere changes nothing, and looking changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from perthyn.screens import EVERYBODY

from .conftest import Site
from .doors import Contents, doors, examples, fills, some
from .full_house import begun, full_house
from .test_access import PATIENT, Knocking, cookie

ELSEWHERE: dict[str, dict[str, str]] = {
    "another site": {"sec-fetch-site": "cross-site"},
    "a neighbour": {"sec-fetch-site": "same-site"},
    "another origin": {"sec-fetch-site": "", "origin": "https://evil.example"},
    "another port": {"sec-fetch-site": "", "origin": "http://localhost:8001"},
    "nowhere at all": {"sec-fetch-site": "", "origin": "null"},
    "whoever does not say": {"sec-fetch-site": ""},
    "a proxy's password": {"sec-fetch-site": "same-site", "authorization": "Basic YWRtaW46YWRtaW4="},
    "text that is JSON": {"sec-fetch-site": "cross-site", "content-type": "text/plain"},
}
"""What browsers, and those who are none, say when a form or a script of another site has them send."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An organisation that has everything."""
    with full_house(tmp_path_factory.mktemp("elsewhere") / "house", toml=PATIENT) as site:
        yield site


def test_nothing_is_done_for_another_site(house: Site) -> None:
    knocking = Knocking(house)
    mine = cookie(begun(house, "an administrator", "administrator"))
    unsafe = some([one for one in doors(house) if one.method not in ("GET", "HEAD")])
    contents = Contents(house)
    for door in unsafe:
        _, values = next(fills(door, knocking.known, {}))
        for name, headers in ELSEWHERE.items():
            answer = knocking.knock(door, values, **mine, **headers)
            if answer.status_code != 403:
                knocking.note(door, name, "there", answer, "403")
        if moved := contents.changed():
            knocking.wrong.append(f"{door}: changed {moved}")
    print(f"{len(unsafe)} routes that do something x {len(ELSEWHERE)} places: {len(knocking.wrong)} wrong")
    assert not knocking.wrong, "\n".join(knocking.wrong)


def test_looking_changes_nothing(house: Site) -> None:
    """GET and HEAD of all that an administrator may see, with what else an address may say."""
    knocking = Knocking(house)
    mine = cookie(begun(house, "an administrator", "administrator"))
    # Who follows a link that is none is counted, and somebody who comes back from signing in elsewhere has come in.
    looking = some([one for one in doors(house) if one.method == "GET" and one.right != EVERYBODY])
    contents = Contents(house)
    for door in looking:
        for method in ("GET", "HEAD"):
            for what, values in fills(door, examples(house), {}):
                answer = knocking.knock(replace(door, method=method), values, **mine)
                if answer.status_code >= 500 or (method == "HEAD" and answer.content):
                    knocking.note(door, method, what, answer, "no 5xx, and no body to HEAD")
                if moved := contents.changed():
                    knocking.wrong.append(f"{method} {door}, {what}: changed {moved}")
    print(f"{len(looking)} routes: {knocking.counts['requests']} requests, {len(knocking.wrong)} wrong")
    assert not knocking.wrong, "\n".join(knocking.wrong)


def test_what_another_site_may_learn_is_nothing(house: Site) -> None:
    """No answer lets another origin read it, and none is kept by what stands between."""
    knocking = Knocking(house)
    mine = cookie(begun(house, "an administrator", "administrator"))
    for door in some(doors(house)):
        if door.method == "GET":
            _, values = next(fills(door, knocking.known, {}))
            answer = knocking.knock(door, values, **mine, origin="https://evil.example")
            headers = answer.headers
            assert "access-control-allow-origin" not in headers, door
            assert "no-store" in headers["cache-control"] or "private" in headers["cache-control"], door
            assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"], door
            policy = headers["content-security-policy"]
            assert "unsafe" not in policy and "default-src 'none'" in policy, door
            asked = knocking.client.options(door.at(values), headers={"origin": "https://evil.example"})
            assert "access-control-allow-origin" not in asked.headers and asked.status_code == 405, door
