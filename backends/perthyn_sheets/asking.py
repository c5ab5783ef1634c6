"""A spreadsheet as a command asks Google for it: whoever waits is told why."""

from __future__ import annotations

import os
from collections.abc import Mapping

from perthyn.cli.session import Session
from perthyn.errors import PerthynError
from perthyn_sheets.api import Api, open_api
from perthyn_sheets.kept import Place

SECTION = "sheets"


def api_of(s: Session, sheet: str) -> Api:
    """The spreadsheet with this id ("" for one to be made), with whoever uses it told why there is a wait."""

    def tell(code: str, facts: Mapping[str, object]) -> None:
        s.screen.warning(s.t.error(PerthynError(code, **facts))[0])

    section = s.settings.sections.get(SECTION, {})
    return open_api(sheet, section, s.folder, Place(s.folder, sheet).quota, s.now, os.urandom, tell)
