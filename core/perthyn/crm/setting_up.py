"""Setting up: what the organisation chooses for everybody: what stands in perthyn.toml, and fields of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from perthyn.changes import Change, Create, Edit
from perthyn.crm.channels import Channels
from perthyn.crm.people import checked
from perthyn.crm.roles import known_rights
from perthyn.errors import PerthynError, Unknown
from perthyn.model import Contact, CustomField
from perthyn.settings import FILE, Settings, read_settings, write_settings, wrong_setting
from perthyn.text import fold, nearest

OWN = re.compile(r"own\.[a-z][a-z0-9_]{0,39}")


class SettingUp(Channels):
    """What a person can do with settings."""

    def written_settings(self) -> Settings:
        """The settings as perthyn.toml has them now; perthyn goes by them from its next start."""
        self.check("health.read")
        return read_settings(self.settings.folder, {})

    def change_settings(self, values: Mapping[str, Any]) -> None:
        """Set values in perthyn.toml, keeping its comments; of a table, only those given. None takes one out.

        Raises `PerthynError` (what `wrong_setting` makes, ``settings.unwritable``, ``settings.unreadable``, and
        ``settings.currency`` for another currency where there are records).
        """
        self.check("setting.write")
        now = self.written_settings()
        if values.get("currency", now.currency) != now.currency and self.store.count_of(Contact):
            raise PerthynError("settings.currency", currency=now.currency)
        plain = {name: value for name, value in values.items() if name in Settings.model_fields and value is not None}
        try:
            Settings.model_validate({**now.model_dump(exclude={"sections"}), **plain})
        except ValidationError as error:
            raise wrong_setting(error, FILE) from error
        write_settings(self.settings.folder, values)

    def custom_fields(self) -> list[CustomField]:
        """The organisation's own fields of contacts, and the plugins', by name; those the actor may see."""
        self.check("contact.read")
        found = (one for one in self._declared_fields() if self.actor.may(one.right))
        return sorted(found, key=lambda one: fold(one.name))

    def set_field(self, name: str, en: str, cy: str = "", *, type: str = "text", right: str = "contact.read") -> None:
        """Declare a field of the organisation's own, ``own.shirt``, or change its labels and who sees it.

        Raises `PerthynError`: ``settings.field.name``, ``settings.field.type`` for another type of one that is there,
        `Unknown` (``settings.field.right``), ``record.value``.
        """
        self.check("setting.write")
        if not OWN.fullmatch(name):
            raise PerthynError("settings.field.name", name=name)
        known = [one.name for one in known_rights(self.plugins)]
        if right not in known:
            raise Unknown("settings.field.right", name=right, suggestion=nearest(right, known))
        there = next((one for one in self.store.scan(CustomField) if one.name == name), None)
        if there is not None and there.type != type:
            raise PerthynError("settings.field.type", name=name, type=there.type)
        values = {"label_en": en.strip(), "label_cy": cy.strip() or None, "right": right}
        if there is None:
            made = checked(CustomField, {"id": self.ids(), "name": name, "type": type, **values})
            change: Change = Create(made)
        else:
            now = checked(CustomField, {**there.model_dump(), **values})
            edits = {path: (getattr(there, path), getattr(now, path)) for path in values}
            edits = {path: pair for path, pair in edits.items() if pair[0] != pair[1]}
            if not edits:
                return
            change = Edit(CustomField.type_name, there.id, edits)
        self.commit([change], kind="setting", reason=name)
