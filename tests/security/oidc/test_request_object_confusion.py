"""No one but the client makes its request objects, and no other JWT of it passes for one."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.protocol.sign_ins import assert_redirect_error, signed_in
from tests.support.applications.signed_requests import KEYS, STRANGER, ask, members, sign, signer
from tests.support.site import REDIRECT_URI, Application, Site


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One installation for all tests here that leave nothing behind but closed browsers."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    site.person("tane")
    yield site, signer(site)
    site.close()


def encoded(part: Any) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def unsigned(payload: dict[str, Any], alg: Any, signature: str = "") -> str:
    return f"{encoded({'alg': alg, 'kid': 'rsa'})}.{encoded(payload)}.{signature}"


def by_hmac(payload: dict[str, Any], alg: str, secret: bytes) -> str:
    """Sign with a secret, which no library does with a public key any more."""
    text = f"{encoded({'alg': alg, 'kid': 'rsa'})}.{encoded(payload)}"
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), 'sha' + alg[2:]))}"


def by_rsa(payload: dict[str, Any], **header: Any) -> str:
    """Sign with the client's key, whatever the header says."""
    text = f"{encoded({'alg': 'RS256', **header})}.{encoded(payload)}"
    key = serialization.load_pem_private_key(KEYS["rsa"].as_pem(private=True), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return f"{text}.{encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def swapped(payload: dict[str, Any]) -> str:
    """A good signature under other words."""
    header, _, signature = sign(payload).split(".")
    return f"{header}.{encoded({**payload, 'state': 'evil'})}.{signature}"


FORGED: dict[str, Callable[[dict[str, Any], Application], str]] = {
    "none": lambda p, _: unsigned(p, "none"),
    "None": lambda p, _: unsigned(p, "None"),
    "none with a signature": lambda p, _: unsigned(p, "none", "AAAA"),
    "an empty algorithm": lambda p, _: unsigned(p, ""),
    "no algorithm": lambda p, _: unsigned(p, None),
    "an algorithm of a list": lambda p, _: unsigned(p, ["RS256"], "AAAA"),
    "RS256 without a signature": lambda p, _: unsigned(p, "RS256"),
    "HS256 by the public key": lambda p, _: by_hmac(p, "HS256", KEYS["rsa"].as_pem(private=False)),
    "HS512 by the public key": lambda p, _: by_hmac(p, "HS512", KEYS["rsa"].as_der(private=False)),
    "HS256 by the client's secret": lambda p, app: by_hmac(p, "HS256", (app.secret or "").encode()),
    "RS384 by the client's key": lambda p, _: sign(p, "RS384", KEYS["rsa"]),
    "a stranger's key under the client's kid": lambda p, _: sign(p, key=STRANGER),
    "a stranger's key in the header": lambda p, _: sign(
        p, key=STRANGER, jwk=STRANGER.as_dict(private=False)
    ),
    "a stranger's key by address": lambda p, _: sign(
        p, key=STRANGER, jku="https://evil.example/jwks", x5u="https://evil.example/x"
    ),
    "a kid that is a path": lambda p, _: sign(p, key=STRANGER, kid="../../../dev/null"),
    "a kid that is a statement": lambda p, _: sign(p, key=STRANGER, kid="' OR 1=1 --"),
    "a kid that is an address": lambda p, _: sign(p, key=STRANGER, kid="https://evil.example/k"),
    "a kid that is a number": lambda p, _: by_rsa(p, kid=7),
    "a body that is not encoded": lambda p, _: by_rsa(p, b64=False, crit=["b64"]),
    "a compressed body": lambda p, _: by_rsa(p, zip="DEF"),
    "the kid of another kind of key": lambda p, _: sign(p, kid="ec"),
    "an extension that must be understood": lambda p, _: by_rsa(p, crit=["exp"], exp=1),
    "other words under a good signature": lambda p, _: swapped(p),
    "half a token": lambda p, _: sign(p).rpartition(".")[0],
    "four parts": lambda p, _: sign(p) + ".AAAA",
    "five parts, as if encrypted": lambda p, _: sign(p) + ".AAAA.AAAA",
    "spaces within": lambda p, _: sign(p).replace(".", " .", 1),
    "a logout token": lambda p, _: sign(p, typ="logout+jwt"),
    "an access token": lambda p, _: sign(p, typ="at+jwt"),
    "a proof of possession": lambda p, _: sign(p, typ="dpop+jwt"),
    "another typ by its long name": lambda p, _: sign(p, typ="application/at+jwt"),
    "a member twice": lambda p, _: sign(json.dumps(p)[:-1] + ', "client_id": "signer"}'),
    "no object": lambda _p, _a: sign('["x"]'),
    "no JSON": lambda _p, _a: sign("openid"),
    "no number": lambda p, _: sign(json.dumps(p)[:-1] + ', "nbf": NaN}'),
    "a number without end": lambda p, _: sign(json.dumps(p)[:-1] + ', "nbf": 1e999}'),
    "many brackets": lambda _p, _a: sign('{"claims":' + "[" * 9000),
    "a long number": lambda p, _: sign(json.dumps(p)[:-1] + ', "max_age": ' + "9" * 8000 + "}"),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_request_object_is_refused(
    ready: tuple[Site, Application], forge: Callable[[dict[str, Any], Application], str]
) -> None:
    site, app = ready
    token = forge(members(site, app), app)
    answer = ask(site.browser(), app, token, redirect_uri=REDIRECT_URI, state="the-state")
    assert_redirect_error(site, answer, "invalid_request_object")
    page = ask(site.browser(), app, token)
    assert (page.status, page.location) == (400, "")


def test_the_forger_could_sign_if_only_the_header_were_right(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    assert ask(site.browser(), app, by_rsa(members(site, app))).heading == "Sign in"


def test_the_long_name_of_the_right_typ_is_right(ready: tuple[Site, Application]) -> None:
    site, app = ready
    token = sign(members(site, app), typ="application/oauth-authz-req+jwt")
    assert ask(site.browser(), app, token).heading == "Sign in"


def test_the_request_object_of_one_client_is_none_of_another(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    other = signer(site, "other")
    outside = {"redirect_uri": REDIRECT_URI, "state": "the-state"}
    answer = ask(site.browser(), other, sign(members(site, app)), **outside)
    assert_redirect_error(site, answer, "invalid_request_object")


def test_our_own_id_token_is_no_request_object(ready: tuple[Site, Application]) -> None:
    site, app = ready
    browser = signed_in(site, app)
    token = site.redeem(app, browser.at.query["code"]).json["id_token"]
    answer = ask(browser, app, token, redirect_uri=REDIRECT_URI, state="the-state")
    assert_redirect_error(site, answer, "invalid_request_object")


def test_no_request_object_leads_to_an_address_that_is_not_registered(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    for uri in (
        "https://evil.example/",
        "javascript:alert(1)",
        REDIRECT_URI + "#",
        REDIRECT_URI + "\r\nSet-Cookie: acrux=x",
        " " + REDIRECT_URI,
        "//evil.example",
    ):
        for mode in ("query", "fragment", "form_post"):
            token = sign(members(site, app, redirect_uri=uri, response_mode=mode))
            answer = ask(site.browser(), app, token, redirect_uri=REDIRECT_URI, prompt="none")
            assert (answer.status, answer.location) == (400, "")
            assert "evil" not in answer.text
