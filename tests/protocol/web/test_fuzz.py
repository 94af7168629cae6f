"""Random requests to all that a stranger can reach: no 500, no traceback, no foreign redirect.

The same examples in every run. To search further, raise `max_examples` and drop `derandomize`.
"""

import base64
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.oidc.vocabulary import PARAMETERS
from tests.protocol.sign_ins import signed_in, tokens
from tests.support.site import MFA, PASSWORD, REDIRECT_URI, Application, Site

BYE = "https://app.example.org/bye"
NAMES = (
    *PARAMETERS,
    *("grant_type", "code", "code_verifier", "client_secret", "refresh_token", "access_token"),
    *("token", "token_type_hint"),
    *("username", "password", "decision", "csrf_token", "post_logout_redirect_uri", "extra", "ā"),
)
VALUES = (
    *("", "app", "public", REDIRECT_URI, "code", "openid profile offline_access", "none", "login"),
    *("S256", "a" * 43, "authorization_code", "refresh_token", "tane", "allow", "deny", "now", "0"),
    *("123456", "-1", "\x00", "\ud800", "é", '"', "\\", "%", "\r\nX: y", "\u202e", "x" * 4097, BYE),
    *("[]", '{"id_token": {"acr": {"essential": true, "value": "\\ud800"}}}', "e30.e30.e30", MFA),
)
STEPS = (
    *("", "login", "password", "totp", "sms", "sms/send", "consent", "announce", "enrol", "switch"),
    *(
        "enrol/proof",
        "enrol/proof/send",
        "enrol/totp",
        "enrol/sms",
        "enrol/later",
        "cancel",
        "\x00",
    ),
    *("enrol/password", "password/send", "enrol/é", "%2e%2e", "nothing/at/all"),
)
PATHS = (
    *("/authorize", "/authorize/resume/", "/end_session"),
    *("/token", "/userinfo", "/revoke", "/introspect", "/register", "/session/check"),
)
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data", "application/json", "", "é")
value = st.sampled_from(VALUES) | st.text(max_size=30)
pairs = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=5), value), max_size=3)
body = st.one_of(pairs, pairs, pairs, st.binary(max_size=60))
where = st.sampled_from([*PATHS, *(f"/interaction/ID/{step}" for step in STEPS)])
scheme = st.sampled_from(["Basic", "Bearer", "basic", "Digest", ""])
credentials = st.one_of(
    st.none(),
    st.builds(lambda s, raw: f"{s} {base64.b64encode(raw).decode()}", scheme, st.binary()),
    st.builds(lambda s, raw: f"{s} {raw.decode('latin-1')}", scheme, st.binary(max_size=20)),
).filter(lambda text: text is None or not set(text) & set("\r\n\x00"))


Body = bytes | list[tuple[str, str]]


def changed(start: dict[str, str], what: Body, *, anew: bool) -> bytes:
    """Return a good request with some parameters changed (`again`) or added, or just bytes."""
    if isinstance(what, bytes):
        return what
    kept = {k: v for k, v in start.items() if not anew or k not in dict(what)}
    return urlencode([*kept.items(), *what], errors="surrogatepass").encode()


@dataclass
class Target:
    """An installation under fire, what it answers to, and the errors that it logged."""

    site: Site
    app: Application
    token: str
    errors: list[logging.LogRecord] = field(default_factory=list)


class Collector(logging.Handler):
    def __init__(self, target: Target) -> None:
        super().__init__(logging.ERROR)
        self.target = target

    def emit(self, record: logging.LogRecord) -> None:
        self.target.errors.append(record)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("site")
    url = f"sqlite:///{folder / 'acrux.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database()
    site = Site(folder, url, throttle__source_limit=10**6)
    site.person("tane")
    site.application("public", public=True)
    app = site.application(pkce="optional", post_logout_redirect_uris=[BYE])
    found = Target(site, app, tokens(site, app)["access_token"])
    collector = Collector(found)
    logging.getLogger().addHandler(collector)
    yield found
    logging.getLogger().removeHandler(collector)
    site.close()


@pytest.mark.slow
@settings(max_examples=150, derandomize=True)
@given(
    method=st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT"]),
    path=where,
    query=body,
    form=body,
    anew=st.booleans(),
    kind=st.sampled_from(KINDS) | st.just(KINDS[0]),
    authorization=credentials,
    browser_is=st.sampled_from(["new", "begun", "signed in"]),
    knows_token=st.booleans(),
)
def test_no_request_breaks_it(
    target: Target,
    method: str,
    path: str,
    query: Body,
    form: Body,
    anew: bool,
    kind: str,
    authorization: str | None,
    browser_is: str,
    knows_token: bool,
) -> None:
    site, app = target.site, target.app
    client = site.app.test_client()
    start = {
        "/authorize": app.request(),
        "/token": {**app.redemption("x"), "client_id": "app", "client_secret": app.secret or ""},
        "/userinfo": {"access_token": target.token},
        "/revoke": {"token": "x", "client_id": "app", "client_secret": app.secret or ""},
        "/introspect": {"token": target.token, "client_id": "app", "client_secret": "x"},
        "/end_session": {"post_logout_redirect_uri": BYE, "state": "s"},
    }.get(path, {"username": "tane", "password": PASSWORD, "code": "000000", "decision": "allow"})
    if browser_is != "new":
        browser = signed_in(site, app) if browser_is == "signed in" else site.browser()
        page = browser.authorize(app, prompt="login")
        path = path.replace("ID", page.url.split("/")[2])
        path = path.replace("resume/", "resume/" + page.url.split("/")[2])
        client.set_cookie("acrux", browser.http.cookies()["acrux"])
        if knows_token:
            start["csrf_token"] = page.csrf
    in_query = changed({} if method == "POST" else start, query, anew=anew)
    headers = {"Content-Type": kind} | ({"Authorization": authorization} if authorization else {})
    answer = client.open(
        path,
        method=method,
        data=changed(start, form, anew=anew),
        headers=headers,
        environ_overrides={"QUERY_STRING": in_query.decode("latin-1")},
    )
    assert answer.status_code < 500, answer.text
    assert not target.errors, target.errors.pop().getMessage()
    assert "Traceback" not in answer.text
    location = urlsplit(answer.headers.get("Location", ""))
    trusted = [urlsplit(uri)[:2] for uri in (REDIRECT_URI, BYE, "")]
    assert location[:2] in trusted
