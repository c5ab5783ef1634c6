"""Coming in with an account at Google or Microsoft: against a provider that is honest, and one that is not."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey
from starlette.testclient import TestClient

from perthyn.changes import Delete
from perthyn.errors import PerthynError
from perthyn.secrets import keep_secret
from perthyn_web.accounts import elsewhere, openid, signing_in, users
from perthyn_web.accounts.noting import keep
from perthyn_web.accounts.records import TYPES, Linked, Session, User

from .conftest import Site, opened
from .openid_house import CLIENT, SECRET, OpenIdHouse, open_house

MAIR = "mair@plas.example"
GOOD = "tri llew a draig goch"
TOML = f'organisation = "Plas Newydd"\n[web.google]\nclient = "{CLIENT}"\n[web.microsoft]\nclient = "{CLIENT}"\n'


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdHouse]:
    with open_house() as there:
        yield there


@pytest.fixture
def house(provider: OpenIdHouse) -> Iterator[OpenIdHouse]:
    """The provider, honest at first; what a test makes of it is forgotten."""
    yield provider
    provider.__init__(issuer=provider.issuer, keys=provider.keys)  # type: ignore[misc]


@pytest.fixture(scope="module")
def organisation(provider: OpenIdHouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An organisation that Google's users may come to; who must have a second step is asked of nobody."""
    folder = tmp_path_factory.mktemp("plas")
    (folder / "perthyn.toml").write_text(TOML, encoding="utf-8")
    keep_secret(folder, "web.google", "secret", SECRET)
    with opened(folder, create=True) as site:
        yield site


@pytest.fixture
def plas(organisation: Site, house: OpenIdHouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The organisation without anybody."""
    monkeypatch.setitem(openid.ISSUERS, "google", house.issuer)
    signing_in.set_policy(organisation.crm, "offered")
    yield organisation
    crm = organisation.crm
    for type in reversed(TYPES):
        keep(crm, [Delete(one) for one in crm.store.scan(type)], "a test")


def user(site: Site, name: str = MAIR) -> User:
    return users.make(site.crm, name, "Mair Jones", "volunteer")[0]


def comes(client: TestClient, house: OpenIdHouse, way: str = "/sign-in/google") -> Any:
    """The whole way: there, and back again."""
    away = client.get(way)
    assert away.status_code == 303, away.text
    return client.get(house.comes(away.headers["location"]))


def is_in(answer: Any) -> bool:
    return answer.status_code == 303 and answer.headers["location"] == "/"


def test_the_provider_is_as_authlib_expects_one(house: OpenIdHouse) -> None:
    """So that what refuses it below is not that it is odd."""
    there = openid.Provider("google", CLIENT, house.issuer, SECRET)
    how = {"code_challenge_method": "S256", "token_endpoint_auth_method": "client_secret_post"}
    with OAuth2Client(CLIENT, SECRET, scope="openid email", redirect_uri="http://localhost/back", **how) as client:
        about = client.request("GET", f"{there.issuer}/.well-known/openid-configuration", withhold_token=True).json()
        verifier = "v" * 64
        address, state = client.create_authorization_url(
            about["authorization_endpoint"], code_verifier=verifier, nonce="n1"
        )
        back = house.comes(address)
        token = client.fetch_token(about["token_endpoint"], authorization_response=back, state=state,
                                   code_verifier=verifier)  # fmt: skip
        keys = KeySet.import_key_set(client.request("GET", about["jwks_uri"], withhold_token=True).json())
    read = jwt.decode(token["id_token"], keys, algorithms=["RS256"])
    claims = CodeIDToken(read.claims, read.header, {"iss": {"value": house.issuer}}, {"nonce": "n1"})
    claims.validate()
    assert claims["sub"] == "1001"


def test_an_address_that_was_proved_lets_its_user_in_and_its_number_from_then_on(
    plas: Site, house: OpenIdHouse
) -> None:
    mair = user(plas)
    client = plas.nobody()
    page = client.get("/sign-in").text
    assert "Sign in with Google" in page and 'href="/sign-in/google"' in page
    assert is_in(comes(client, house)) and client.get("/account").status_code == 200
    assert [one.user for one in plas.crm.store.scan(Linked)] == [mair.id]
    house.account["email"] = "mair.new@plas.example"  # her address there is another now, she is not
    later = plas.nobody()
    assert is_in(comes(later, house)) and "Mair Jones" in later.get("/account").text
    assert {one.user for one in plas.crm.store.scan(Session)} == {mair.id}
    assert plas.crm.store.count_of(Linked) == 1


def test_they_come_to_where_they_wanted_and_nowhere_else(plas: Site, house: OpenIdHouse) -> None:
    user(plas)
    assert comes(plas.nobody(), house, "/sign-in/google?to=/contacts").headers["location"] == "/contacts"
    assert comes(plas.nobody(), house, "/sign-in/google?to=//evil.example").headers["location"] == "/"


def test_somebody_who_was_not_let_in_here_stays_out(plas: Site, house: OpenIdHouse) -> None:
    answer = comes(plas.nobody(), house)
    assert answer.status_code == 422 and "Nobody here" in answer.text
    assert not list(plas.crm.store.scan(User)) and not list(plas.crm.store.scan(Linked))


def test_whoever_gets_an_address_that_was_anothers_does_not_get_the_account(plas: Site, house: OpenIdHouse) -> None:
    user(plas)
    assert is_in(comes(plas.nobody(), house))
    house.account["sub"] = "2002"
    answer = comes(plas.nobody(), house)
    assert answer.status_code == 422 and "linked" in answer.text


def test_a_disabled_user_stays_out(plas: Site, house: OpenIdHouse) -> None:
    users.make(plas.crm, "boss", "Boss", "administrator")
    mair = user(plas)
    assert is_in(comes(plas.nobody(), house))
    users.disable(plas.crm, mair.id)
    assert comes(plas.nobody(), house).status_code == 422


def test_by_a_link_any_account_is_linked_once(plas: Site, house: OpenIdHouse) -> None:
    house.account = {"sub": "77", "email": "private@mail.example", "email_verified": False}
    _, token = users.make(plas.crm, "mair", "Mair Jones", "volunteer")
    client = plas.nobody()
    assert f"/sign-in/google?link={token}" in client.get(f"/enter/{token}").text
    assert is_in(comes(client, house, f"/sign-in/google?link={token}"))
    assert is_in(comes(plas.nobody(), house))
    assert comes(plas.nobody(), house, f"/sign-in/google?link={token}").status_code == 422, "a link works once"
    other = users.make(plas.crm, "eira", "Eira", "volunteer")[1]
    assert comes(plas.nobody(), house, f"/sign-in/google?link={other}").status_code == 422, "it is Mair's already"
    assert plas.crm.store.count_of(Linked) == 1


def test_one_links_ones_own_account_and_ends_it(plas: Site, house: OpenIdHouse) -> None:
    house.account = {"sub": "77"}
    _, token = users.make(plas.crm, "mair", "Mair Jones", "volunteer")
    users.choose(plas.crm, token, GOOD)
    client = plas.nobody()
    client.post("/sign-in", data={"name": "mair", "password": GOOD})
    assert client.post("/account/elsewhere", data={"password": "wrong"}).status_code == 422
    page = client.post("/account/elsewhere", data={"password": GOOD}).text
    way = page.partition('href="/sign-in/google?')[2].partition('"')[0].replace("&amp;", "&")
    assert comes(client, house, f"/sign-in/google?{way}").headers["location"] == "/account/elsewhere"
    assert "Google" in client.get("/account/elsewhere").text
    assert client.post("/account/elsewhere/end", data={"name": "google"}).status_code == 303
    assert comes(plas.nobody(), house).status_code == 422 and not list(plas.crm.store.scan(Linked))


def test_who_has_no_password_keeps_the_account(plas: Site, house: OpenIdHouse) -> None:
    user(plas)
    client = plas.nobody()
    assert is_in(comes(client, house))
    assert client.post("/account/elsewhere/end", data={"name": "google"}).status_code == 422
    assert plas.crm.store.count_of(Linked) == 1


def test_a_reset_takes_the_link_away(plas: Site, house: OpenIdHouse) -> None:
    mair = user(plas)
    assert is_in(comes(plas.nobody(), house))
    users.reset(plas.crm, mair.id)
    assert not list(plas.crm.store.scan(Linked))


# -- the second step -------------------------------------------------------------------------------------------------


def test_our_second_step_is_asked_for_where_the_role_needs_it(plas: Site, house: OpenIdHouse) -> None:
    user(plas)
    signing_in.set_policy(plas.crm, "required")
    answer = comes(plas.nobody(), house)
    assert answer.status_code == 200 and 'name="step"' in answer.text and not list(plas.crm.store.scan(Session))


def test_theirs_counts_where_the_organisation_says_so(
    plas: Site, house: OpenIdHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    user(plas)
    signing_in.set_policy(plas.crm, "required")
    house_of = type(plas.crm.house)
    told = house_of.section
    trusting = {"trust_second_step": True}
    monkeypatch.setattr(house_of, "section", lambda self, name: {**told(self, name), **trusting})
    assert is_in(comes(plas.nobody(), house))


# -- what is not believed --------------------------------------------------------------------------------------------


def unsigned(token: str) -> str:
    """The same claims, signed by nobody."""
    head = urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


def by_password(house: OpenIdHouse) -> Callable[[str], str]:
    """The same claims, signed with the public key as if it were a password that both know."""
    pem = house.keys[0].as_pem(private=False)

    def forged(token: str) -> str:
        claims = json.loads(urlsafe_b64decode_(token.split(".")[1]))
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key({"kty": "oct", "k": b64(pem)}))

    return forged


def b64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def urlsafe_b64decode_(text: str) -> bytes:
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


TWISTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another try's nonce": lambda claims: claims.update(nonce="another"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "for another app": lambda claims: claims.update(aud="another-app"),
    "for another app too, and asked for by it": lambda claims: claims.update(aud=[CLIENT, "x"], azp="x"),
    "by somebody else": lambda claims: claims.update(iss="https://evil.example"),
    "run out": lambda claims: claims.update(exp=claims["iat"] - 120),
    "never runs out": lambda claims: claims.pop("exp"),
    "of the future": lambda claims: claims.update(nbf=claims["iat"] + 600),
    "nobody": lambda claims: claims.pop("sub"),
    "nobody by number": lambda claims: claims.update(sub=""),
    "a number that is no text": lambda claims: claims.update(sub=["1001"]),
    "an address that was not proved": lambda claims: claims.update(email_verified=False),
    "an address of which nothing is said": lambda claims: claims.pop("email_verified"),
    "proved in words": lambda claims: claims.update(email_verified="false"),
    "an address that is none": lambda claims: claims.update(email={"a": 1}),
}


@pytest.mark.parametrize("twist", TWISTS)
def test_what_is_signed_and_wrong_opens_nothing(plas: Site, house: OpenIdHouse, twist: str) -> None:
    user(plas)
    house.twist = TWISTS[twist]
    answer = comes(plas.nobody(), house)
    assert answer.status_code == 422 and not list(plas.crm.store.scan(Session))
    house.twist = lambda claims: None
    assert is_in(comes(plas.nobody(), house)), "and the honest one does"


@pytest.mark.parametrize(
    "forge",
    [unsigned, lambda token: token[:-6] + "AAAAAA", lambda token: "", lambda token: "a.b.c",
     lambda token: token.rpartition(".")[0] + "."],
    ids=["by nobody", "not by them", "nothing", "rubbish", "without its signature"],
)  # fmt: skip
def test_what_is_not_signed_by_them_opens_nothing(plas: Site, house: OpenIdHouse, forge: Callable[[str], str]) -> None:
    user(plas)
    house.forge = forge
    assert comes(plas.nobody(), house).status_code == 422 and not list(plas.crm.store.scan(Session))


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_their_public_key_is_nobodys_password(plas: Site, house: OpenIdHouse) -> None:
    user(plas)
    house.forge = by_password(house)
    assert comes(plas.nobody(), house).status_code == 422 and not list(plas.crm.store.scan(Session))


def test_another_browser_does_not_come_back_for_one(plas: Site, house: OpenIdHouse) -> None:
    user(plas)
    victim, thief = plas.nobody(), plas.nobody()
    mine = house.comes(thief.get("/sign-in/google").headers["location"])
    victim.get("/sign-in/google")
    assert victim.get(mine).status_code == 422 and plas.nobody().get(mine).status_code == 422
    state = parse_qs(urlsplit(house.comes(victim.get("/sign-in/google").headers["location"])).query)["state"][0]
    code = parse_qs(urlsplit(mine).query)["code"][0]
    swapped = victim.get(f"/sign-in/google/back?code={code}&state={state}")
    assert swapped.status_code == 422, "the code of one try with the state of another"
    assert not list(plas.crm.store.scan(Session))


def test_a_try_is_used_once_even_where_they_take_the_code_again(plas: Site, house: OpenIdHouse) -> None:
    user(plas)
    client = plas.nobody()
    back = house.comes(client.get("/sign-in/google").headers["location"])
    held = dict(client.cookies)
    asked = house.codes[parse_qs(urlsplit(back).query)["code"][0]]
    assert is_in(client.get(back))
    house.codes[parse_qs(urlsplit(back).query)["code"][0]] = asked
    again = plas.nobody()
    again.cookies.update({"elsewhere": held["elsewhere"]})
    answer = again.get(back)
    assert answer.status_code == 422 and "again" in answer.text


def test_a_try_takes_no_longer_than_ten_minutes(plas: Site) -> None:
    crm = plas.crm
    errand = elsewhere.Errand("google", int(crm.clock().timestamp()) - 601, "k")
    with pytest.raises(PerthynError, match=r"sso\.again"):
        elsewhere.errand_of(crm, "google", errand.packed(), openid.derived("k", "state"))
    for held in ("", "x", "at=x&key=k&provider=google", "%00"):
        with pytest.raises(PerthynError, match=r"sso\.again"):
            elsewhere.errand_of(crm, "google", held, openid.derived("k", "state"))


def test_new_keys_count_at_once_and_old_ones_no_more(plas: Site, house: OpenIdHouse) -> None:
    user(plas)
    assert is_in(comes(plas.nobody(), house))
    old = house.keys[0]
    house.rotate()
    assert is_in(comes(plas.nobody(), house))
    new = house.keys[0]

    def by_the_old(token: str) -> str:
        claims = json.loads(urlsafe_b64decode_(token.split(".")[1]))
        return jwt.encode({"alg": "RS256", "kid": new.kid}, claims, old)

    house.forge = by_the_old
    assert comes(plas.nobody(), house).status_code == 422


@pytest.mark.parametrize("name", ["issuer", "token_endpoint", "jwks_uri"])
def test_a_provider_that_tells_of_others_is_not_followed(plas: Site, house: OpenIdHouse, name: str) -> None:
    house.about = {name: "https://evil.example/x"}
    assert plas.nobody().get("/sign-in/google").status_code == 422


def test_a_provider_that_is_down_is_told_apart(plas: Site, house: OpenIdHouse) -> None:
    user(plas)
    client = plas.nobody()
    back = house.comes(client.get("/sign-in/google").headers["location"])
    house.broken = 503
    answer = client.get(back)
    assert answer.status_code == 422 and "does not answer" in answer.text
    assert "nid yw Google yn ateb" in plas.nobody("cy").get("/sign-in/google").text
    house.broken = 0
    assert is_in(comes(client, house))


def test_a_slow_provider_never_holds_every_desk(plas: Site, house: OpenIdHouse) -> None:
    with openid._AT_ONCE, openid._AT_ONCE:  # two strangers are waiting for it
        assert "does not answer" in plas.nobody().get("/sign-in/google").text
        assert plas.nobody().get("/sign-in").status_code == 200
    assert plas.nobody().get("/sign-in/google").status_code == 303


def test_nobody_listens_at_all(plas: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(openid.ISSUERS, "google", "http://127.0.0.1:9")
    assert "does not answer" in plas.nobody().get("/sign-in/google").text


def test_who_says_no_there_is_not_in(plas: Site, house: OpenIdHouse) -> None:
    client = plas.nobody()
    back = house.comes(client.get("/sign-in/google").headers["location"])
    answer = client.get(f"{back.partition('?')[0]}?error=access_denied&{back.partition('&')[2]}")
    assert answer.status_code == 422 and "Google" in answer.text


def test_ten_wrong_ones_wait(plas: Site, house: OpenIdHouse) -> None:
    house.forge = unsigned
    answers = [comes(plas.nobody(), house) for _ in range(11)]
    assert [one.status_code for one in answers] == [422] * 10 + [429]
    assert answers[-1].headers["retry-after"] == "900"


def test_nothing_is_changed_by_asking(plas: Site, house: OpenIdHouse) -> None:
    before = plas.crm.store.position()
    client = plas.nobody()
    client.get("/sign-in/google")
    client.get("/sign-in/google/back?code=x&state=y")
    client.get("/sign-in/google/back")
    assert plas.crm.store.position() == before


# -- set up or not ---------------------------------------------------------------------------------------------------


def test_buttons_stand_only_where_they_lead_somewhere(empty_site: Site) -> None:
    client = empty_site.nobody()
    assert "Sign in with" not in client.get("/sign-in").text
    assert client.get("/sign-in/google").status_code == 404
    assert client.get("/sign-in/google/back?code=x&state=y").status_code == 404
    assert client.get("/sign-in/facebook").status_code == 404


@pytest.mark.parametrize("tenant", ["", "common", "organizations", "consumers", "x/../common", "a?b"])
def test_everybodys_microsoft_is_nobodys(tenant: str, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from perthyn.house import House

    now = datetime(2026, 11, 22, tzinfo=UTC)
    made = House(tmp_path, lambda: now, bytes, sections={"web": {"microsoft": {"client": "c", "tenant": tenant}}})
    with pytest.raises(PerthynError, match=r"sso\.tenant"):
        openid.provider(made, "microsoft")


def test_a_tenants_microsoft_is_its_own(tmp_path: Path, house: OpenIdHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its addresses count where the tenant says that their domain's owner has confirmed them."""
    monkeypatch.setitem(openid.ISSUERS, "microsoft", house.issuer + "/{tenant}/v2.0")
    house.about = {"issuer": f"{house.issuer}/0a1b/v2.0"}
    answered = house.answer
    house.answer = lambda path, sent: answered(path.removeprefix("/0a1b/v2.0"), sent)  # type: ignore[method-assign]
    house.twist = lambda claims: claims.update(iss=f"{house.issuer}/0a1b/v2.0")
    keep_secret(tmp_path, "web.microsoft", "secret", SECRET)
    toml = f'organisation = "Plas"\n[web.microsoft]\nclient = "{CLIENT}"\ntenant = "0a1b"\n'
    (tmp_path / "perthyn.toml").write_text(toml, encoding="utf-8")
    with opened(tmp_path, create=True) as site:
        signing_in.set_policy(site.crm, "offered")
        user(site)
        house.account = {"sub": "m1", "email": MAIR}
        assert comes(site.nobody(), house, "/sign-in/microsoft").status_code == 422
        house.account = {"sub": "m1", "email": MAIR, "xms_edov": True}
        assert is_in(comes(site.nobody(), house, "/sign-in/microsoft"))


def test_the_trail_says_who_linked_what(plas: Site, house: OpenIdHouse) -> None:
    mair = user(plas)
    comes(plas.nobody(), house)
    lines = plas.crm.trail(20)
    assert {"account.linked", "sign_in", "session.begun"} <= {one.what for one in lines}
    assert "mair@" not in (plas.folder / "perthyn.audit").read_text(encoding="utf-8")
    assert any(str(mair.id) in one.ids for one in lines if one.what == "account.linked")
