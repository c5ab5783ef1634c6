"""The table ``[sheets]`` of ``perthyn.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from perthyn.errors import PerthynError
from perthyn.text import nearest

CREDENTIALS = "perthyn-google.json"
TOKEN = "perthyn-google-token.json"


class Config(BaseModel):
    """How Google is reached.

    `credentials`: the key of a service account, or the secret of an OAuth client of type "Desktop app"; a path that
    counts from the organisation's folder. `endpoint`: whom to ask instead of Google, as a URL. `budget_seconds`: how
    long one request may wait and be tried again; `timeout_seconds`: how long its answer is waited for (Google gives up
    after 180). `reads_per_minute`, `writes_per_minute`: what we allow ourselves of the 60 that Google allows each user.
    `languages`: those that tabs and heads of a new sheet speak beside the organisation's own, as ``Enw / Name``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    credentials: str = CREDENTIALS
    endpoint: Annotated[str, Field(pattern="^(https?://.+)?$")] = ""
    budget_seconds: Annotated[float, Field(ge=0)] = 300
    timeout_seconds: Annotated[float, Field(gt=0)] = 200
    reads_per_minute: Annotated[int, Field(ge=1)] = 50
    writes_per_minute: Annotated[int, Field(ge=1)] = 50
    languages: tuple[Literal["cy", "en"], ...] = ()


def read_config(section: Mapping[str, Any]) -> Config:
    """The settings of the table; what it does not say is as above.

    Raises `PerthynError`: ``sheets.settings.unknown`` (with the nearest known name), ``sheets.settings.value``.
    """
    for name in section:
        if name not in Config.model_fields:
            raise PerthynError("sheets.settings.unknown", name=name, suggestion=nearest(name, Config.model_fields))
    try:
        return Config.model_validate(dict(section))
    except ValidationError as error:
        wrong = error.errors()[0]
        raise PerthynError("sheets.settings.value", name=str(wrong["loc"][0]), why=wrong["msg"]) from error
