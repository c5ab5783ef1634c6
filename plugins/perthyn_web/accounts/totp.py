"""The second step: six digits of a phone's app (RFC 6238), each good once, and codes on paper for when it is lost.

The secret that the app holds is not kept: it is made anew from the nonce in the user's record and a key in the
folder's file of secrets (``[web] key``). Whoever has only the records has no codes.
"""

from __future__ import annotations

import base64
import hmac
import json
from hashlib import sha256

from perthyn.crm import Crm
from perthyn.model.ids import Random
from perthyn.secrets import keep_secret
from perthyn_web.accounts.records import User

SECTION, KEY = "web", "key"
STEP = 30
RECOVERY_CODES = 10


def key_of(crm: Crm) -> bytes:
    """The key that the apps' secrets are made from; written into the folder's file of secrets when there is none.

    Raises `PerthynError` (``secret.*``, ``settings.unwritable``).
    """
    held = crm.house.secrets(SECTION, KEY)
    if not held:
        made = crm.random(32).hex()
        keep_secret(crm.settings.folder, SECTION, KEY, made)
        held = crm.house.secrets(SECTION, KEY) or made  # another process may have been quicker
    return held.encode()


def secret(key: bytes, user: User, nonce: str) -> str:
    """What the app is told: 160 bits in base32."""
    made = hmac.digest(key, f"totp\x1f{user.id}\x1f{nonce}".encode(), sha256)
    return base64.b32encode(made[:20]).decode()


def address(user: User, organisation: str, told: str) -> str:
    """What stands in the QR code: ``otpauth://totp/...``."""
    import pyotp

    return pyotp.TOTP(told).provisioning_uri(name=user.sign_in, issuer_name=organisation or "perthyn")


def step_of(told: str, code: str, at: float, after: int) -> int | None:
    """The time step that a code is of: now, the one before or the next, later than `after`; None for a wrong code.

    `at`: seconds since 1970. `after`: the last step whose code was used: none is good twice.
    """
    import pyotp

    typed = "".join(code.split())
    now, clock = int(at) // STEP, pyotp.TOTP(told)
    if not typed.isascii():
        return None
    good = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(clock.generate_otp(step), typed)]
    return next((step for step in good if step > after), None)


def new_codes(random: Random) -> list[str]:
    """Recovery codes, shown once: 80 random bits each, in groups of four."""
    made = [base64.b32encode(random(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(one[place : place + 4] for place in range(0, 16, 4)) for one in made]


def kept_codes(user: User, codes: list[str]) -> str:
    """What is kept of recovery codes: their hashes, as JSON."""
    return json.dumps([_hash(user, one) for one in codes])


def without_code(user: User, code: str) -> str | None:
    """What is kept when a recovery code has been used; None where it is none of them."""
    held: list[str] = json.loads(user.recovery or "[]")
    left = [one for one in held if not hmac.compare_digest(one, _hash(user, code))]
    return json.dumps(left) if len(left) < len(held) else None


def codes_left(user: User) -> int:
    """How many recovery codes are left."""
    return len(json.loads(user.recovery or "[]"))


def _hash(user: User, code: str) -> str:
    bare = "".join(one for one in code.lower() if one.isalnum())
    return sha256(f"{user.id}\x1f{bare}".encode()).hexdigest()
