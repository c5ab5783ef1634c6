"""The numbers by email, by the API: for the account that is signed in, or whose token it is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from perthyn.errors import Forbidden, PerthynError
from perthyn_web.accounts import tokens
from perthyn_web.accounts.records import User
from perthyn_web.accounts.users import oneself
from perthyn_web.api.routes import Asked, Routes
from perthyn_web.api.shapes import Given, Instant, told
from perthyn_web.by_email import keeping
from perthyn_web.by_email.records import EVERY

routes = Routes("numbers")
BY_EMAIL = told(
    "NumbersByEmail",
    "Where the numbers go and how often; `due`: when the next do; `last`: what became of the last, of which `at` and "
    "`said` (by the mail server) tell; `under_way`: some go at once; `letters`: whether any leave, `words`: why not.",
    every=Literal["week", "month", "never"], address=str | None, language=Literal["cy", "en"] | None,
    due=Instant | None, last=str | None, at=Instant | None, said=str | None, under_way=bool,
    letters=Literal["live", "rehearsal", "training", "none"], words=str | None,
)  # fmt: skip


class ByEmailIn(Given):
    """How often the numbers are sent, and where to. `language`: of the letters, where the account has chosen none."""

    every: Literal["week", "month", "never"]
    address: Annotated[str, Field(min_length=3, max_length=254)]
    language: Literal["cy", "en"] | None = None


@routes.get("/numbers/by-email", keeping.RIGHT, BY_EMAIL)
def by_email(asked: Asked) -> Any:
    """Whether the numbers are sent to you by email, where to, and what became of the last."""
    return _told(asked, _user(asked))


@routes.put("/numbers/by-email", keeping.ASK, BY_EMAIL)
def by_email_set(asked: Asked, body: ByEmailIn) -> Any:
    """Have the numbers sent each week or month, or no more.

    They tell what the account may see when they are sent; where a token asks, no more than it may see, until it ends.
    """
    user, person = _user(asked), asked.person
    token = person.session if person.role == tokens.ROLE else None
    keeping.ask(asked.crm, user.id, body.address, EVERY[body.every], body.language or "", token)
    return _told(asked, user)


@routes.post("/numbers/by-email/now", keeping.ASK, BY_EMAIL, 202)
def by_email_now(asked: Asked) -> Any:
    """Have those of the last week or month that is over sent at once; five times within a day."""
    user = _user(asked)
    wish = keeping.wish_of(asked.crm, user.id)
    if wish is None:
        raise PerthynError("web.numbers.nowhere", name=user.name)
    keeping.ask_now(asked.crm, wish)
    return _told(asked, user)


def _user(asked: Asked) -> User:
    if asked.person.id is None:
        raise PerthynError("web.numbers.nobody", name=asked.person.name)
    return oneself(asked.crm, asked.person)


def _told(asked: Asked, user: User) -> dict[str, Any]:
    crm, way, wrong = asked.crm, "", None
    try:
        way = crm.memos_go()
    except Forbidden:
        raise
    except PerthynError as error:
        wrong = " ".join(asked.t.error(error))
    wish = keeping.wish_of(crm, user.id)
    found: dict[str, Any] = {"letters": way or "none", "words": wrong, "every": "never", "under_way": False}
    if wish is None:
        return found
    names = ("address", "language", "due", "last", "at", "said")
    return found | {name: getattr(wish, name) for name in names} | {
        "every": wish.every or "never", "under_way": keeping.waiting(crm, wish) is not None,
    }  # fmt: skip
