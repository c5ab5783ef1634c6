"""The pages in HTML that Google's front doors answer where no API does."""

from __future__ import annotations

PAGE = """<!DOCTYPE html>
<html lang=en>
<meta charset=utf-8>
<title>Error {code} ({name})</title>
<p><b>{code}.</b> That is an error.
<p>{text}
"""
NOT_FOUND = PAGE.format(
    code=404, name="Not Found", text="The requested URL was not found on this server (the emulator has no such route)."
).encode("utf-8")
BAD_GATEWAY = PAGE.format(
    code=502, name="Server Error", text="The server could not complete your request. Try again in 30 seconds."
).encode("utf-8")
