"""E-mail: letters by SMTP, answers and bounces by IMAP."""

from __future__ import annotations
