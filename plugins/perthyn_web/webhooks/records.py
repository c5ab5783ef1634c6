"""What is kept of webhooks. All of it stays on this machine: it tells of what is done here.

No secret is kept: what signs is made of the hook's nonce and a key in the folder's file of secrets (``[web] key``).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from perthyn.model import Piece, Record
from perthyn.model.values import About, Instant, Integer, Text, Word

RIGHT = "web.hooks"
"""The right to have other systems told, and to see what they were."""
State = Literal["waiting", "sent", "failed", "withheld"]


class Hook(Record):
    """Whom to tell of what. `events`: names, with spaces between: ``contact.changed``, ``contact.*``, ``*``.

    `user`, `rights`: whose; nobody is told what these may not see. `values`: whether the new values go with it.
    `ended`: it tells nothing any more.
    """

    type_name: ClassVar[str] = "web.hook"
    scope: ClassVar[Literal["shared", "local"]] = "local"
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "never"

    address: Annotated[Text, About("Address", "Cyfeiriad", folded=False, right=RIGHT)]
    events: Annotated[Text, About("Events", "Digwyddiadau", folded=False, right=RIGHT)]
    values: Annotated[bool, About("With values", "Gyda gwerthoedd", kind="flag", right=RIGHT)] = False
    user: Annotated[UUID | None, About("Made by", "Gwnaed gan", kind="id", personal="identity", right=RIGHT)] = None
    by: Annotated[Word, About("Made by (name)", "Gwnaed gan (enw)", personal="identity", right=RIGHT)]
    rights: Annotated[Text, About("Rights", "Hawliau", folded=False, right=RIGHT)]
    nonce: Annotated[Word, About("Nonce", "Nonce", folded=False, right="user.write")]
    made: Annotated[Instant, About("Made at", "Gwnaed ar", kind="instant", right=RIGHT)]
    ended: Annotated[Instant | None, About("Ended at", "Daeth i ben", kind="instant", right=RIGHT)] = None


class Told(Record):
    """One message to one hook; its id is the message's. `tries`: how often; `status`, `why`: what came of the last.

    *withheld*: nothing leaves a training copy, or the hook had ended.
    """

    type_name: ClassVar[str] = "web.delivery"
    scope: ClassVar[Literal["shared", "local"]] = "local"
    undo: ClassVar[Literal["restore", "compensate", "never"]] = "never"

    hook: Annotated[UUID, About("Webhook", "Bachyn gwe", kind="id", right=RIGHT)]
    event: Annotated[Word, About("Event", "Digwyddiad", kind="word", folded=False, right=RIGHT)]
    body: tuple[Piece, ...] = ()
    made: Annotated[Instant, About("Made at", "Gwnaed ar", kind="instant", right=RIGHT)]
    state: Annotated[State, About("State", "Cyflwr", kind="word", folded=False, right=RIGHT)] = "waiting"
    tries: Annotated[Integer, About("Tries", "Cynigion", kind="integer", right=RIGHT)] = 0
    last: Annotated[Instant | None, About("Last try", "Cynnig diwethaf", kind="instant", right=RIGHT)] = None
    status: Annotated[Integer | None, About("Answer", "Ateb", kind="integer", right=RIGHT)] = None
    why: Annotated[Text | None, About("Why", "Pam", folded=False, right=RIGHT)] = None


TYPES: tuple[type[Record], ...] = (Hook, Told)
