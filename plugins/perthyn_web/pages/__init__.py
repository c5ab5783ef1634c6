"""Pages: one module for each part of the app; each has its `screens`."""

from __future__ import annotations

from perthyn_web.pages import about, desk, home, numbers, people

SCREENS = (home.screens, about.screens, people.screens, numbers.screens, desk.screens)
