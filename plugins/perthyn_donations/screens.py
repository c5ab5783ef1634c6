"""Screens: what donations show in the web app: the menu, and the pages of each part."""

from __future__ import annotations

from pathlib import Path

from perthyn.screens import Screens
from perthyn.text import phrase
from perthyn_donations import aid_pages, claim_pages, gift_pages, person_pages

menu = Screens(templates=Path(__file__).parent / "templates")
menu.entry("/donations", phrase("Donations"), "donation.read", icon="hand-heart", order=650)

SCREENS = (menu, gift_pages.screens, person_pages.screens, aid_pages.screens, claim_pages.screens)
