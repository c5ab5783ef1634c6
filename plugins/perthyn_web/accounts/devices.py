"""Devices in words, so that somebody knows their own in a list; good enough for that, and for nothing else."""

from __future__ import annotations

BROWSERS = (
    ("edg", "Edge"), ("opr/", "Opera"), ("samsungbrowser", "Samsung Internet"), ("firefox", "Firefox"),
    ("fxios", "Firefox"), ("crios", "Chrome"), ("chrome", "Chrome"), ("chromium", "Chromium"), ("safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("android", "Android"), ("iphone", "iPhone"), ("ipad", "iPad"), ("windows", "Windows"), ("mac os", "macOS"),
    ("cros", "ChromeOS"), ("linux", "Linux"),
)  # fmt: skip


def in_words(agent: str) -> str:
    """What a browser says of itself (``User-Agent``), as ``Firefox, Android``; "" where it says nothing known."""
    said = agent.lower()
    found = (next((name for sign, name in some if sign in said), "") for some in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, found))
