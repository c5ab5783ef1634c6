"""An honest OpenID provider on this machine: real keys, discovery, code flow with PKCE; each part of it can lie."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "perthyn-at-plas", "hush-hush"


@dataclass
class OpenIdHouse:
    """`account`: who sits at the browser. `twist` changes what is signed, `forge` the token itself."""

    issuer: str = ""
    account: dict[str, Any] = field(default_factory=lambda: {"sub": "1001", "email": "mair@plas.example",
                                                             "email_verified": True})  # fmt: skip
    keys: list[RSAKey] = field(default_factory=lambda: [RSAKey.generate_key(2048, auto_kid=True)])
    twist: Callable[[dict[str, Any]], Any] = lambda claims: None
    forge: Callable[[str], str] = lambda token: token
    about: dict[str, Any] = field(default_factory=dict)
    broken: int = 0
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def rotate(self) -> None:
        """Sign with a new key; the old one is shown no more."""
        self.keys = [RSAKey.generate_key(2048, auto_kid=True)]

    def comes(self, address: str) -> str:
        """What a browser does with an address that it is sent to; the address that it is sent back to."""
        asked = dict(parse_qsl(urlsplit(address).query))
        wanted = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge")
        assert set(wanted) <= asked.keys() and asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT and asked["code_challenge_method"] == "S256" and "openid" in asked["scope"]
        code = f"code-{len(self.codes)}"
        self.codes[code] = {**asked, "who": json.dumps(self.account)}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, path: str, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """What is answered at an address."""
        self.asked.append(path)
        if self.broken:
            return self.broken, {}
        match path:
            case "/.well-known/openid-configuration":
                places = {"authorization_endpoint": "/ask", "token_endpoint": "/token", "jwks_uri": "/keys"}
                return 200, {"issuer": self.issuer, **{one: self.issuer + at for one, at in places.items()},
                             "response_types_supported": ["code"], "subject_types_supported": ["public"],
                             "id_token_signing_alg_values_supported": ["RS256"], **self.about}  # fmt: skip
            case "/keys":
                return 200, {"keys": [one.as_dict(private=False) for one in self.keys]}
            case "/token":
                return self._token(sent)
        return 404, {}

    def _token(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if (sent.get("client_id"), sent.get("client_secret")) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(sent.get("code", ""), None)
        proof = urlsafe_b64encode(sha256(sent.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if asked is None or (asked["redirect_uri"], asked["code_challenge"]) != (sent.get("redirect_uri"), proof):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 600, "nonce": asked["nonce"],
                  **json.loads(asked["who"])}  # fmt: skip
        self.twist(claims)
        token = jwt.encode({"alg": "RS256", "kid": self.keys[0].kid}, claims, self.keys[0])
        return 200, {"access_token": "at", "token_type": "Bearer", "expires_in": 60, "id_token": self.forge(token)}


@contextmanager
def open_house() -> Iterator[OpenIdHouse]:
    """One that answers, until it is closed."""
    house = OpenIdHouse()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.told({})

        def do_POST(self) -> None:
            self.told(dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode())))

        def told(self, sent: dict[str, str]) -> None:
            status, body = house.answer(urlsplit(self.path).path, sent)
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        house.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield house
        finally:
            server.shutdown()
