"""Gift Aid by the real command line, in Welsh: from a file of gifts to a claim, a refund and the next claim."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from perthyn.cli.main import run
from perthyn_donations.checking import checked

Perthyn = Callable[..., tuple[int, Any]]
GIFTS = """Enw,E-bost,Cyfeiriad,Tref,Cod post,Dyddiad,Swm,Kind,Order,GA?
Gŵyn ap Gwilym,g@example.org,12 Stryd Fawr,Brithwen,SY20 8XC,13/3/2026,100,donation,A1,Ie
Siân O’Brien,s@example.org,Tŷ Gwyn,Brithwen,SY20 8XC,14/3/2026,50,donation,A2,Ie
Cyfeillion Cyf,c@example.org,1 Lôn Las,Brithwen,SY20 8XC,14/3/2026,500,donation,A3,x
Neb Arall,n@example.org,2 Lôn Las,Brithwen,SY20 8XC,15/3/2026,20,donation,A4,Y
"""
WORDS = ("--covers", "both", "--wording", "Rwy'n talu treth yn y DU ac yn talu unrhyw wahaniaeth.")


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "cy_GB.UTF-8")
    monkeypatch.chdir(tmp_path)

    def ask(*arguments: str) -> tuple[int, Any]:
        code = run([*arguments])
        told = capsys.readouterr()
        assert code != 70 and "Traceback" not in told.err, told.err
        return code, json.loads(told.out or told.err) if "--json" in arguments else told.out + told.err

    return ask


@pytest.mark.slow
def test_gift_aid_in_welsh(perthyn: Perthyn, tmp_path: Path) -> None:
    assert perthyn("init", "--organisation", "Plas Brithwen", "--language", "cy", "--yes")[0] == 0
    for empty, says in (("eligible", "Nid oes rhodd"), ("claims", "Ni wnaed"), ("declarations", "Nid oes datganiad")):
        assert perthyn("giftaid", empty)[1].startswith(says)
    (tmp_path / "rhoddion.csv").write_text(GIFTS, encoding="utf-8")
    assert perthyn("import", "rhoddion.csv")[0] == 0
    # nothing is declared: "Ie" in a column is no declaration
    _, told = perthyn("giftaid", "eligible", "--json")
    assert {one["rule"] for one in told["gifts"]} == {"giftaid.undeclared", "giftaid.company"}
    assert told["take_up"] == {"count": 0, "of_count": 3, "pence": 0, "of_pence": 170_00}
    code, told = perthyn("giftaid", "claim", "hawliad.ods")
    assert code == 1 and "Ni ellir hawlio dim" in told and not (tmp_path / "hawliad.ods").exists()
    # declarations: one written, one spoken with its letter
    code, told = perthyn("giftaid", "declare", "Gŵyn", "--on", "1/3/2026", "--how", "written", *WORDS)
    assert code == 0 and "ap Gwilym" in told and "perthyn undo" in told
    code, told = perthyn("giftaid", "declare", "Gŵyn", "--on", "1/3/2026", "--how", "written", *WORDS)
    assert code == 0 and "gofnodi eisoes" in told and "perthyn undo" not in told
    assert perthyn("giftaid", "declare", "Siân", "--on", "1/3/2026", "--how", "spoken", *WORDS)[0] == 0
    assert "Ar lafar y gwnaed" in perthyn("giftaid", "eligible", "Siân")[1]
    code, told = perthyn("giftaid", "confirm", "Siân", "--on", "2/3/2026", "--letter", "llythyr.txt")
    letter = (tmp_path / "llythyr.txt").read_text(encoding="utf-8")
    assert code == 0 and "Annwyl" in letter and "Dear" in letter, "nobody knows the language: both"
    code, told = perthyn("giftaid", "confirm", "Siân")
    assert code == 1 and "Nid oes gan Siân" in told
    # a dry run says everything and writes nothing
    _, told = perthyn("giftaid", "claim", "--dry-run")
    for needed in ("Gwyn", "O'Brien", "Ty Gwyn", "Cwmni neu gorff arall", "nid ysgrifennwyd dim", "£37.50"):
        assert needed.casefold() in told.casefold(), needed
    _, asked = perthyn("giftaid", "ask", "--json")
    assert [(one["name"], one["purpose"]) for one in asked] == [("Neb Arall", "fundraising")]
    assert "Stryd" not in str(asked) and "SY20" not in str(asked), "no addresses"
    # the claim
    code, told = perthyn("giftaid", "claim", "hawliad.ods")
    assert code == 0 and "£150.00" in told and "£37.50" in told
    code, told = perthyn("undo")
    assert code == 1 and "claims --drop" in told and "gwrthodiad" not in told, "its own words"
    assert checked(tmp_path / "hawliad.ods", date.today()) == []
    assert perthyn("giftaid", "check", "hawliad.ods") == (0, "Nid oes dim o'i le arni.\n")
    first = (tmp_path / "hawliad.ods").read_bytes()
    (tmp_path / "hawliad.ods").unlink()
    _, told = perthyn("giftaid", "claim", "hawliad.ods", "--json")
    assert told["again"] is True and (tmp_path / "hawliad.ods").read_bytes() == first
    assert "anfonwyd" in perthyn("giftaid", "claims", "--sent", "hawliad.ods")[1]
    code, told = perthyn("giftaid", "claims", "--drop", "hawliad.ods")
    assert code == 1 and "Mlwch 2" in told
    # a refund afterwards goes into Box 2 of the next claim
    perthyn("interaction", "add", "Gŵyn", "donation", "--amount=-40", "--on", "1/4/2026")
    _, told = perthyn("giftaid", "adjust", "--json")
    (refund,) = told["unplaced"]
    (gift,) = [one for one in perthyn("giftaid", "eligible", "Gŵyn", "--json")[1]["gifts"]]
    assert perthyn("giftaid", "gift", refund["id"][-8:], "--refund-of", gift["id"][-8:])[0] == 0
    assert "£10.00" in perthyn("giftaid", "adjust")[1]
    perthyn("interaction", "add", "Siân", "donation", "--amount", "80", "--on", "1/5/2026")
    assert "dewiswch enw arall" in perthyn("giftaid", "claim", "hawliad.ods")[1], "an old name makes no new claim"
    _, told = perthyn("giftaid", "claim", "nesaf.ods", "--json")
    assert (told["claim"]["amount"], told["claim"]["over_claimed"]) == (80_00, 10_00)
    assert "rhoddion bach" in perthyn("giftaid", "small")[1].casefold()
    assert "nesaf.ods" in perthyn("doctor")[1]


def test_wrong_use_is_said(perthyn: Perthyn) -> None:
    perthyn("init", "--organisation", "Plas Brithwen", "--language", "cy", "--yes")
    assert perthyn("giftaid", "declare")[0] == 2
    assert perthyn("giftaid", "claim")[0] == 2
    assert perthyn("giftaid", "gift", "abcdef", "--nature", "purchase", "--json")[1]["error"]["code"] == (
        "giftaid.gift.unknown"
    )
    assert perthyn("giftaid", "claims", "--sent", "x.ods", "--json")[1]["error"]["code"] == "giftaid.claim.unknown"
