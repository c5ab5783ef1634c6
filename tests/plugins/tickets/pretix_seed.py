"""Run inside pretix's own environment: makes an organizer and two keys, and prints them as JSON.

One key may do everything, for the tests to sell, change and scan; the other is what a museum would hand out.
"""

from __future__ import annotations

import json
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pretix.settings")
import django

django.setup()

from django_scopes import scopes_disabled  # noqa: E402
from pretix.base.models import Organizer, Team  # noqa: E402

with scopes_disabled():
    castle, _ = Organizer.objects.get_or_create(slug="castle", defaults={"name": "Castle"})
    keys = {}
    for name, rights in (
        ("seller", {"all_event_permissions": True, "all_organizer_permissions": True}),
        ("reader", {"limit_event_permissions": {"event.orders:read": True}}),
        ("stranger", {"limit_event_permissions": {"event.items:write": True}}),
    ):
        team, _ = Team.objects.get_or_create(organizer=castle, name=name, defaults={"all_events": True, **rights})
        keys[name] = team.tokens.create(name=name).token
print(json.dumps(keys))
