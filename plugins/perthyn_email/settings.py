"""Settings of ``[email]`` in perthyn.toml: where letters go out, from whom, and how much is tried at first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from perthyn.channel import Pace
from perthyn.errors import PerthynError
from perthyn.house import House
from perthyn.text import nearest
from perthyn_email.presets import PRESETS, Preset

SECTION = "email"
FOR_READING = "mailbox_"
"""Settings that begin so are those of the mailbox that is read."""
HERE = ("localhost", "127.0.0.1", "::1")

Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[^\s<>(),;:\\\"\[\]@\x00-\x20\x7f]+$")]


class Settings(BaseModel):
    """What an organisation sets for its e-mail. The password is a secret: ``email.password``.

    `provider`: a name of `PRESETS`, which fills what is left out. `security`: how the connection is kept from others.
    `from`: who letters come from. `bounce_to`: where what can't be delivered comes back; `plus`: with the letter's
    token behind a plus sign. `public_url`: where perthyn is reached from outside. `postal_address`: the
    organisation's, for each letter's foot. `live`: whether letters leave. `clicks`: whether it is noted who follows
    a link. `timeout`: seconds. `certificates`: a file of the authorities to trust, where the server has one of its own.
    `dkim_selector`: under which name the provider's key stands in the DNS. `resolver`: a name server to ask.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    provider: Literal["", *PRESETS] = ""  # type: ignore[valid-type]
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    from_: Annotated[Address, Field(alias="from")]
    from_name_en: str = ""
    from_name_cy: str = ""
    reply_to: Address | None = None
    bounce_to: Address | None = None
    plus: bool = False
    public_url: str = ""
    postal_address: str = ""
    a_day: Annotated[int, Field(ge=1)] | None = None
    a_minute: Annotated[int, Field(ge=1)] | None = None
    live: bool = False
    clicks: bool = False
    timeout: Annotated[float, Field(gt=0)] = 60
    certificates: str = ""
    dkim_selector: str = ""
    resolver: str = ""

    @field_validator("public_url")
    @classmethod
    def _reachable(cls, url: str) -> str:
        scheme, _, rest = url.partition("://")
        host = rest.partition("/")[0].rpartition(":")[0] or rest.partition("/")[0]
        if url and not (scheme == "https" and host) and not (scheme == "http" and host in HERE):
            raise ValueError("https://...")
        if any(letter in url for letter in " <>\"'?#") or not url.isascii():
            raise ValueError("https://...")
        return url.rstrip("/")

    @property
    def preset(self) -> Preset | None:
        """What is known of the provider."""
        return PRESETS.get(self.provider)

    @property
    def pace(self) -> Pace:
        """How much may be sent: as it is set, else as the provider lets through."""
        usual = self.preset.pace if self.preset else Pace()
        return Pace(self.a_day or usual.a_day, self.a_minute or usual.a_minute)

    @property
    def answers_to(self) -> str:
        """Where answers go."""
        return self.reply_to or self.from_

    def name(self, language: str) -> str:
        """Who a letter in a language is from; both names where it is in both."""
        if language == "both" and self.from_name_cy and self.from_name_en not in ("", self.from_name_cy):
            return f"{self.from_name_cy} / {self.from_name_en}"
        first, second = self.from_name_en, self.from_name_cy
        return (second or first) if language == "cy" else (first or second)

    def returns_to(self, token: str) -> str:
        """Where a letter that can't be delivered comes back to."""
        address = self.bounce_to or self.from_
        local, _, domain = address.rpartition("@")
        return f"{local}+{token}@{domain}" if self.plus and token else address


def settings_of(house: House) -> Settings:
    """The settings of an organisation. Raises `PerthynError` (``email.setting.missing``, ``email.setting.unknown``,
    ``email.setting.value``)."""
    section = {
        name: value for name, value in house.section(SECTION).items() if not name.startswith(FOR_READING)
    }  # fmt: skip
    known = [field.alias or name for name, field in Settings.model_fields.items()]
    for name in section:
        if name not in known:
            raise PerthynError("email.setting.unknown", name=name, suggestion=nearest(name, known))
    preset = PRESETS.get(str(section.get("provider", "")))
    filled: Mapping[str, Any] = {
        "from_name_en": house.organisation,
        **(
            {"host": preset.host, "port": preset.port, "security": preset.security, "plus": preset.plus}
            if preset
            else {}
        ),
        **section,
    }
    for name in ("from", "host"):
        if not filled.get(name):
            raise PerthynError("email.setting.missing", name=name)
    try:
        made = Settings.model_validate(filled)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise PerthynError("email.setting.value", name=str(wrong["loc"][0]), why=wrong["msg"]) from error
    if made.security == "none" and made.host not in HERE:
        raise PerthynError("email.setting.open", host=made.host)
    return made
