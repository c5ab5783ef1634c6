"""A tap at the desk while the Wi-Fi is gone: kept in the tablet, sent when it is back, stored once."""

from __future__ import annotations

from typing import Any

import pytest

from perthyn.model import Interaction

from .conftest import Site


def visits_at_the_desk(site: Site) -> int:
    with site.desks() as crm:
        return sum(one.source == "web:desk" for one in crm.store.scan(Interaction))


@pytest.mark.slow
def test_taps_wait_for_the_network_and_count_once(site: Site, chromium: Any) -> None:
    with site.listening() as base:
        context = chromium.new_context()
        try:
            context.add_cookies([{"name": "perthyn", "value": site.cookie("volunteer"), "url": base}])
            page = context.new_page()
            page.goto(f"{base}/contacts?q=garth tomas")
            context.set_offline(True)
            page.click("form[data-keep] button")
            page.wait_for_selector("#kept:visible")
            assert "1" in page.inner_text("#kept") and visits_at_the_desk(site) == 0
            assert page.is_disabled("form[data-keep] button")
            context.set_offline(False)
            page.evaluate("dispatchEvent(new Event('online'))")
            page.wait_for_selector("#kept", state="hidden")
            assert visits_at_the_desk(site) == 1
            page.goto(f"{base}/contacts?q=garth tomas")
            page.click("form[data-keep] button")
            page.wait_for_url("**/contacts/*")
            assert "came today" in page.inner_text("body")
            assert visits_at_the_desk(site) == 1, "two taps within a minute are one visit"
        finally:
            context.close()
