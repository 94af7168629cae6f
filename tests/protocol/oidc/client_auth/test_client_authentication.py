"""Who calls? Each client in the way that it is registered for, and in no other, one at a time."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from werkzeug.test import TestResponse

from idp import crypto
from idp.store.oidc import clients
from tests.protocol.sign_ins import assert_token_error
from tests.support.applications.signing_client import (
    ASSERTION_TYPE,
    SigningClient,
    by_key,
    by_secret,
    sign,
)
from tests.support.site import REDIRECT_URI, Answer, Application, Site

URLENCODED = "application/x-www-form-urlencoded"
ASK = {"grant_type": "refresh_token", "refresh_token": "x"}
METHODS = (
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "client_secret_jwt",
    "none",
)


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


class Place:
    """One client for each method, and every method of showing each of them."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.secrets: dict[str, str] = {}
        self.signers: dict[str, SigningClient] = {
            "private_key_jwt": by_key(site, "private_key_jwt"),
            "client_secret_jwt": by_secret(site, "client_secret_jwt"),
        }
        for method in ("client_secret_basic", "client_secret_post"):
            app = site.application(method, token_endpoint_auth_method=method)
            self.secrets[method] = app.secret or ""
        site.application("none", public=True)
        key = self.signers["client_secret_jwt"].key
        assert isinstance(key, bytes)
        self.secrets["client_secret_jwt"] = key.decode()

    def shown(self, client_id: str, method: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return form and headers that show a client by a method, with its own secret or key."""
        secret = self.secrets.get(client_id, "x")
        if method == "client_secret_basic":
            return {}, {"Authorization": basic(client_id, secret)}
        if method == "client_secret_post":
            return {"client_id": client_id, "client_secret": secret}, {}
        if method == "none":
            return {"client_id": client_id}, {}
        owner = self.signers.get(client_id)
        signer = self.signers[method]
        claims = SigningClient(self.site, client_id, signer.key, signer.alg).claims()
        if method == "client_secret_jwt":
            key = self.secrets.get(client_id, "x").encode()
            text = sign(claims, key, "HS256")
        else:
            own = owner.key if owner and not isinstance(owner.key, bytes) else signer.key
            text = sign(claims, own, "ES256", kid="first")
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": text}, {}

    def ask(self, form: dict[str, str], headers: dict[str, str]) -> Answer:
        return self.site.client().send("POST", "/token", {**ASK, **form}, headers)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    yield Place(site)
    site.close()


@pytest.fixture
def basic_app(place: Place) -> Application:
    return Application("client_secret_basic", place.secrets["client_secret_basic"])


SECRETS = ("client_secret_basic", "client_secret_post")


@pytest.mark.parametrize("used", METHODS)
@pytest.mark.parametrize("registered", METHODS)
def test_the_registered_way_is_the_only_way(place: Place, registered: str, used: str) -> None:
    """With the right secret or key each time; a secret may come in the header or in the form."""
    answer = place.ask(*place.shown(registered, used))
    if used == registered or {used, registered} <= set(SECRETS):
        assert_token_error(answer, "invalid_grant")
    else:
        assert_token_error(answer, "invalid_client", 401)
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="token"'


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("client_secret_basic", "client_secret_post"),
        ("client_secret_basic", "private_key_jwt"),
        ("client_secret_post", "client_secret_basic"),
        ("client_secret_post", "client_secret_jwt"),
        ("private_key_jwt", "client_secret_basic"),
        ("private_key_jwt", "client_secret_post"),
        ("client_secret_jwt", "client_secret_basic"),
        ("client_secret_jwt", "client_secret_post"),
    ],
)
def test_two_ways_at_once_are_an_invalid_request(place: Place, first: str, second: str) -> None:
    """RFC 6749 section 2.3, whichever of them is right."""
    client = place.shown(first, first)
    other = place.shown(first, second)
    answer = place.ask({**client[0], **other[0]}, {**client[1], **other[1]})
    assert_token_error(answer, "invalid_request")


def test_a_client_may_name_itself_beside_its_header_but_nobody_else(
    place: Place, basic_app: Application
) -> None:
    header = basic_app.authentication()
    assert_token_error(place.ask({"client_id": basic_app.client_id}, header), "invalid_grant")
    assert_token_error(place.ask({"client_id": "none"}, header), "invalid_request")


def test_empty_parameters_count_as_left_out(place: Place, basic_app: Application) -> None:
    """RFC 6749 section 3.2."""
    empty = {"client_secret": "", "client_assertion": "", "client_id": ""}
    assert_token_error(place.ask(empty, basic_app.authentication()), "invalid_grant")
    assert_token_error(place.ask({**empty, "client_id": "none"}, {}), "invalid_grant")
    assert_token_error(place.ask(empty, {}), "invalid_client", 401)


def test_names_and_secrets_in_the_header_are_form_encoded(small_site: Site) -> None:
    """RFC 6749 section 2.3.1; registered by another hand than ours, a secret may be anything."""
    name, secret = "app", "a+b %25:\u00e9\u20ac\U0001f511"
    data = json.dumps({"redirect_uris": [REDIRECT_URI]})
    with small_site.work() as work:
        clients.add(work, name, "App", crypto.digest(secret), data)

    def ask(header: str) -> Answer:
        return small_site.client().send("POST", "/token", ASK, {"Authorization": header})

    assert_token_error(ask(basic(name, quote_plus(secret))), "invalid_grant")
    assert_token_error(ask(basic("%61pp", quote_plus(secret))), "invalid_grant")
    assert_token_error(ask(basic(name, secret)), "invalid_client", 401)
    scheme, _, value = basic(name, quote_plus(secret)).partition(" ")
    assert_token_error(ask(f"{scheme.lower()}  {value} "), "invalid_grant")


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic =",
        "Basic !!!!",
        "Basic YQ",
        "Basic YTpi, Basic YTpi",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + base64.b64encode(b"a:%ff").decode(),
        "Basic " + base64.b64encode(b"%00:x").decode(),
        "Basic " + base64.b64encode(b"%ed%a0%80:x").decode(),
        "Basic " + base64.b64encode(b"a" * 8000 + b":x").decode(),
        "Bearer x",
        "Negotiate x",
        "\u00e4",
        ":",
    ],
)
def test_a_header_that_cannot_be_read_is_a_failed_authentication(place: Place, header: str) -> None:
    answer = place.ask({}, {"Authorization": header})
    assert_token_error(answer, "invalid_client", 401)
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="token"'


def raw(place: Place, path: str, body: Any, kind: str = URLENCODED, **headers: str) -> TestResponse:
    client = place.site.app.test_client()
    return client.post(path, data=body, content_type=kind, headers=headers)


@pytest.mark.parametrize("name", ["client_id", "client_secret", "client_assertion"])
def test_credentials_given_twice_are_an_invalid_request(place: Place, name: str) -> None:
    form = {**ASK, "client_id": "client_secret_post", "client_secret": "x"}
    pairs = [*form.items(), (name, "y"), (name, "y")]
    answer = raw(place, "/token", urlencode(pairs))
    assert (answer.status_code, json.loads(answer.text)["error"]) == (400, "invalid_request")


def test_credentials_in_the_address_never_work(place: Place, basic_app: Application) -> None:
    """They would stand in every log on the way."""
    form, _ = place.shown("client_secret_post", "client_secret_post")
    signed, _ = place.shown("private_key_jwt", "private_key_jwt")
    for query in (form, signed, {"client_secret": ""}):
        address = f"/token?{urlencode(query)}"
        for body, headers in ((ASK, {}), (ASK, basic_app.authentication()), ({**ASK, **form}, {})):
            answer = raw(place, address, body, **headers)
            assert answer.status_code == 400
            assert json.loads(answer.text)["error"] == "invalid_request"


def test_only_a_form_is_read(place: Place) -> None:
    form, _ = place.shown("client_secret_post", "client_secret_post")
    asked = {**ASK, **form}
    for body, kind in (
        (json.dumps(asked), "application/json"),
        (asked, "multipart/form-data"),
        (urlencode(asked), "text/plain"),
        (urlencode(asked), ""),
    ):
        answer = raw(place, "/token", body, kind)
        assert (answer.status_code, answer.mimetype) == (400, "application/json")
        assert json.loads(answer.text)["error"] == "invalid_request"
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_body_beyond_the_limit_is_refused_as_json(place: Place) -> None:
    answer = raw(place, "/token", "a=" + "x" * 1_000_000)
    assert (answer.status_code, answer.mimetype) == (413, "application/json")
    assert json.loads(answer.text)["error"] == "invalid_request"


def test_no_secret_and_no_assertion_is_kept_or_logged(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    sent = []
    for client_id in METHODS[:-1]:
        for used in METHODS[:-1]:
            form, headers = place.shown(client_id, used)
            place.ask(form, headers)
            sent += [*form.values(), *headers.values()]
    secrets = [value for value in sent if len(value) > 30 and value != ASSERTION_TYPE]
    trail = " ".join(str(event) for event in place.site.events())
    assert len(secrets) >= 12
    assert not [value for value in secrets if value in trail or value in caplog.text]


def test_a_client_of_the_secret_kind_without_a_sealed_secret_cannot_get_in(place: Place) -> None:
    """Such as one whose method was changed while its secret was not."""
    app = place.site.application("unsealed", token_endpoint_auth_method="client_secret_jwt")
    assert app.secret
    client = SigningClient(place.site, "unsealed", app.secret.encode(), "HS256")
    assert not client.works()
