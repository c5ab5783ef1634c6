"""The pages in HTML that Google's front doors answer where no API does."""

from __future__ import annotations

PAGE = """<!DOCTYPE html>
<html lang=en>
<meta charset=utf-8>
<title>Error {code} ({name})</title>
<p><b>{code}.</b> That is an error.
<p>{text}
"""


def page(code: int, name: str, text: str) -> bytes:
    """A page that says what is wrong."""
    return PAGE.format(code=code, name=name, text=text).encode("utf-8")


NOT_FOUND = page(404, "Not Found", "The requested URL was not found on this server (the emulator has no such route).")
BAD_GATEWAY = page(502, "Server Error", "The server could not complete your request. Try again in 30 seconds.")
