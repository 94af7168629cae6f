"""Hostile, oversized and broken input: a clear refusal below status 500, and nothing kept of it.

Each entry is a fault that a library or a database is known for (docs/security.md).
"""

import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from tests.protocol.admin.test_frame import someone
from tests.protocol.sign_ins import assert_redirect_error, assert_token_error
from tests.support.site import REDIRECT_URI, Application, Site

URLENCODED = "application/x-www-form-urlencoded"
MEGABYTE = 1024 * 1024


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One installation for all tests of this module, on each database: nothing here stays."""
    folder = tmp_path_factory.mktemp("site")
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'acrux.db'}"
    else:
        url = request.getfixturevalue("postgres_server").create_database()
    site = Site(folder, url)
    site.person("tane")
    yield site
    site.close()


@pytest.fixture(scope="module")
def app(place: Site) -> Application:
    uris = [REDIRECT_URI, "http://127.0.0.1/cb"]
    return place.application(redirect_uris=uris, post_logout_redirect_uris=[REDIRECT_URI])


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What is refused is not an error of ours: none is logged."""
    yield
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def raw(site: Site, method: str, url: str, **arguments: Any) -> TestResponse:
    answer = site.app.test_client().open(url, method=method, **arguments)
    assert answer.status_code < 500
    return answer


ESSENTIAL = '{"id_token": {"acr": {"essential": true, "value": %s}}}'
WANTED = '{"id_token": {"acr": {"values": [%s]}}}'
CLAIMS = {
    "no JSON": "{",
    "an array": "[]",
    "a string": '"x"',
    "a number": "7",
    "null": "null",
    "NaN": "NaN",
    "an id_token that is a list": '{"id_token": []  , "userinfo": [1]}',
    "members that are no objects": '{"id_token": {"acr": 7}}',
    "a member that is a list": '{"userinfo": {"name": []}}',
    "an acr that is a number": ESSENTIAL % "7",
    "an acr that is an object": ESSENTIAL % "{}",
    "an acr that is null": ESSENTIAL % "null",
    "values that are no list": '{"id_token": {"acr": {"essential": true, "values": "x"}}}',
    "values that are no strings": WANTED % "1, 2",
    "half a surrogate pair": ESSENTIAL % '"\\ud800"',
    "half a surrogate pair, voluntary": WANTED % '"\\udfff"',
    "NUL": ESSENTIAL % '"\\u0000"',
    "NUL, voluntary": WANTED % '"a\\u0000b"',
    "a line break": ESSENTIAL % '"a\\r\\nb"',
    "nested 2000 deep": "[" * 2000 + "]" * 2000,
    "nested 2000 deep where it belongs": ESSENTIAL % ("[" * 1900 + "]" * 1900),
    "a number of 4000 digits": ESSENTIAL % ("9" * 4000),
    "one megabyte less a kilobyte": ESSENTIAL % f'"{"x" * 5000}"',
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS)
@pytest.mark.parametrize("prompt", [None, "none"])
def test_broken_claims_are_an_invalid_request(
    place: Site, app: Application, claims: str, prompt: str | None
) -> None:
    answer = place.browser().authorize(app, claims=claims, prompt=prompt)
    assert_redirect_error(place, answer, "invalid_request")


STRANGE_CLAIMS = {
    "a name that is half a surrogate pair": '{"id_token": {"\\ud800": null}}',
    "a name that is NUL": '{"userinfo": {"\\u0000": {"essential": true}}}',
    "the same name twice": '{"id_token": {"acr": null, "acr": {"value": "x"}}}',
    "two hundred names": json.dumps({"userinfo": {f"n{i}": None for i in range(200)}}),
    "a thousand values": json.dumps({"id_token": {"acr": {"values": ["x"] * 800}}}),
    "an essential that is a string": '{"id_token": {"acr": {"essential": "yes", "value": "x"}}}',
}


@pytest.mark.parametrize("claims", STRANGE_CLAIMS.values(), ids=STRANGE_CLAIMS)
def test_strange_claims_do_no_harm(place: Site, app: Application, claims: str) -> None:
    browser = place.browser()
    assert browser.authorize(app, claims=claims).heading == "Sign in"
    assert browser.sign_in("tane").query["code"]


@pytest.mark.parametrize(
    "name", ["state", "nonce", "scope", "acr_values", "login_hint", "prompt", "ui_locales"]
)
def test_values_that_are_too_long_or_have_control_characters_are_an_invalid_request(
    place: Site, app: Application, name: str
) -> None:
    request = app.request(state=None)
    for encoded in ("x" * 5000, "a%00b", "%0D%0ASet-Cookie:+x=y", "%7F", "%1B[2J"):
        query = urlencode({k: v for k, v in request.items() if k != name})
        answer = place.browser().get(f"/authorize?{query}&{name}={encoded}")
        assert answer.location.startswith(REDIRECT_URI + "?")
        assert answer.query["error"] == "invalid_request", encoded
        assert "\n" not in answer.location
        assert "x=y" not in str(answer.headers.get("Set-Cookie"))


def test_a_query_that_is_not_utf8_is_a_page(place: Site, app: Application) -> None:
    for path in ("/authorize", "/end_session", "/account/", "/nothing"):
        query = urlencode(app.request()) + "&state=\xff\xfe"
        answer = raw(place, "GET", path, environ_overrides={"QUERY_STRING": query})
        assert answer.status_code == 400
        assert 'id="error-page"' in answer.text


def test_percent_encoded_bytes_that_are_not_utf8_do_no_harm(place: Site, app: Application) -> None:
    for name in ("state", "nonce", "acr_values", "login_hint", "ui_locales", "%FF"):
        browser = place.browser()
        query = urlencode({k: v for k, v in app.request().items() if k != name})
        assert browser.open(f"/authorize?{query}&{name}=%FF%FE%ED%A0%80").heading == "Sign in"
        assert browser.sign_in("tane").query["code"]


def test_a_query_beyond_sixteen_kilobytes_is_too_long(place: Site, app: Application) -> None:
    for pairs in ({**app.request(), "x": "y" * 17000}, {"x": "y" * 60000}):
        assert raw(place, "GET", "/authorize", query_string=pairs).status_code == 414


def test_an_authorization_request_by_post_must_be_a_form(place: Site, app: Application) -> None:
    request = app.request()
    for data, kind in (
        (json.dumps(request), "application/json"),
        ("<a/>", "application/xml"),
        (b"\xff\xfe\x00", URLENCODED),
        (urlencode(request), "text/plain"),
        ("", URLENCODED),
    ):
        answer = raw(place, "POST", "/authorize", data=data, content_type=kind)
        following = answer.headers.get("Location", "")
        assert answer.status_code in (303, 400)
        if following:
            assert following.startswith("/authorize")
            assert raw(place, "GET", following).status_code == 400


@pytest.mark.parametrize("path", ["/authorize", "/token", "/userinfo", "/end_session"])
def test_a_body_of_a_megabyte_is_refused(place: Site, path: str) -> None:
    for body in (b"a=" + b"x" * MEGABYTE, b"x&" * (MEGABYTE // 2), b"\x00" * MEGABYTE):
        answer = raw(place, "POST", path, data=body, content_type=URLENCODED)
        assert answer.status_code == 413
        assert "code=" not in answer.headers.get("Location", "")
    part = b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
    for size in (1000, MEGABYTE):
        body, kind = part + b"x" * size + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"
        answer = raw(place, "POST", path, data=body, content_type=kind)
        assert answer.status_code in (200, 303, 400, 401, 413)
        assert "code=" not in answer.headers.get("Location", "")


def test_a_sign_in_form_of_a_megabyte_is_refused(place: Site, app: Application) -> None:
    browser = place.browser()
    page = browser.authorize(app)
    answer = browser.post(page.url.replace("login", "password"), username="x" * MEGABYTE)
    assert (answer.status, answer.heading) == (413, "That is too large")
    assert browser.open(page.url).heading == "Sign in"


TOKEN_BODIES = {
    "nothing": (b"", URLENCODED),
    "JSON": (b'{"grant_type": "authorization_code"}', "application/json"),
    "JSON that calls itself a form": (b'{"grant_type": "authorization_code"}', URLENCODED),
    "XML": (b"<grant_type/>", "application/xml"),
    "no content type": (b"grant_type=authorization_code&code=x", ""),
    "a broken content type": (b"grant_type=authorization_code&code=x", ";;;=\"'"),
    "multipart without a boundary": (b"grant_type=x", "multipart/form-data"),
    "no UTF-8": (b"grant_type=authorization_code&code=\xff\xfe", URLENCODED),
    "no UTF-8, percent-encoded": (b"grant_type=authorization_code&code=%ff%fe", URLENCODED),
    "half a surrogate pair": (b"grant_type=authorization_code&code=%ed%a0%80", URLENCODED),
    "NUL": (b"grant_type=authorization_code&code=%00", URLENCODED),
    "NUL as a name": (b"%00=x&grant_type=%00", URLENCODED),
    "one code of 5000 letters": (b"grant_type=authorization_code&code=" + b"x" * 5000, URLENCODED),
    "five thousand parameters": (b"&".join(b"%d=1" % n for n in range(5000)), URLENCODED),
    "the same parameter twice": (b"grant_type=refresh_token&grant_type=x", URLENCODED),
    "an unknown parameter twice": (b"grant_type=authorization_code&x=1&x=2", URLENCODED),
    "only separators": (b"&&&===&=&", URLENCODED),
    "another charset": (b"grant_type=x", URLENCODED + "; charset=utf-16"),
}


@pytest.mark.parametrize(("body", "kind"), TOKEN_BODIES.values(), ids=TOKEN_BODIES)
def test_a_token_request_that_is_no_decent_form_is_refused_as_json(
    place: Site, app: Application, body: bytes, kind: str
) -> None:
    headers = app.authentication()
    answer = raw(place, "POST", "/token", data=body, content_type=kind, headers=headers)
    assert answer.status_code == 400
    error = json.loads(answer.text)["error"]
    assert error in ("invalid_request", "invalid_grant", "unsupported_grant_type")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("text", [b"\xff\xfe", b"%ff%fe", b"%ed%a0%80", b"a%00", b"%ef%bf%bd"])
def test_a_parameter_that_is_no_text_is_told_so_and_is_never_looked_up(
    place: Site, app: Application, text: bytes
) -> None:
    for name in (b"code", b"redirect_uri", b"x", b"client_id"):
        body = b"grant_type=authorization_code&code_verifier=x&" + name + b"=" + text
        headers = app.authentication()
        answer = raw(place, "POST", "/token", data=body, content_type=URLENCODED, headers=headers)
        assert (answer.status_code, json.loads(answer.text)["error"]) == (400, "invalid_request")


def test_client_names_that_are_no_text_are_unknown_clients(place: Site, app: Application) -> None:
    for name in ("\u20acuro", "a" * 4000, "app ", " app", "APP", "app\u200b", "' OR 1=1 --"):
        form = {"grant_type": "authorization_code", "code": "x", "client_id": name}
        answer = place.client().send("POST", "/token", {**form, "client_secret": "x"})
        assert_token_error(answer, "invalid_client", 401)


def test_access_tokens_that_are_no_text_are_unknown_tokens(place: Site) -> None:
    for value in ("\x80\xff", "é", '"', "a" * 100_000, "Bearer x", "%00", "\x7f"):
        answer = raw(place, "GET", "/userinfo", headers={"Authorization": f"Bearer {value}"})
        assert answer.status_code == 401
    for body, status in (
        (b"access_token=%00", 401),
        (b"access_token=%ff", 401),
        (b"access_token=a&access_token=b", 400),
        (b"access_token=" + b"a" * 2_000_000, 413),
    ):
        answer = raw(place, "POST", "/userinfo", data=body, content_type=URLENCODED)
        assert answer.status_code == status


def test_logout_parameters_of_every_kind_end_in_a_page(place: Site, app: Application) -> None:
    values = ("%00", "%FF", "%ED%A0%80", "x" * 5000, "a.b.c", "e30.e30.e30", "%0D%0Ax", "%F0%9F")
    for name in ("id_token_hint", "post_logout_redirect_uri", "state", "client_id", "x"):
        for value in values:
            answer = raw(place, "GET", f"/end_session?{name}={value}&{name}={value}")
            assert answer.status_code == (200 if name in ("state", "x") else 400)
            assert answer.mimetype == "text/html"
            assert not answer.headers.get("Location")


HINTS = {
    "no object as header": "W10.e30.x",
    "a kid that is a number": "eyJraWQiOjF9.e30.x",
    "a kid that is an object": "eyJraWQiOnt9fQ.e30.x",
    "a header nested 3000 deep": "Ww" * 1000 + ".e30.x",
    "five parts": "e30.e30.e30.e30.e30",
    "dots": "....",
    "no base64": "€.€.€",
    "a kid of half a surrogate pair": "eyJraWQiOiJcdWQ4MDAifQ.e30.x",
}


@pytest.mark.parametrize("hint", HINTS.values(), ids=HINTS)
def test_hints_that_are_no_tokens_are_an_invalid_request(
    place: Site, app: Application, hint: str
) -> None:
    answer = place.browser().authorize(app, id_token_hint=hint)
    assert_redirect_error(place, answer, "invalid_request")


def test_cookies_of_every_kind_are_no_session(place: Site, app: Application) -> None:
    for value in ("x", "x" * 5000, '"', "\x80", "é", "a=b; acrux=c", "..", "%00", ""):
        client = place.app.test_client(use_cookies=False)
        headers = {"Cookie": f"acrux={value}"}
        for path in ("/authorize", "/end_session", "/interaction/x", "/account/"):
            answer = client.get(path, query_string=app.request(), headers=headers)
            assert answer.status_code < 500
            assert "code=" not in answer.headers.get("Location", "")


def test_paths_of_every_kind_are_not_found(place: Site) -> None:
    for path in ("/%00", "/%FF", "/authorize/", "/tokens", "/interaction/", "/.well-known/%2e%2e"):
        answer = raw(place, "GET", path)
        assert answer.status_code == 404
        assert 'id="error-page"' in answer.text


@pytest.mark.parametrize(
    "path", ["/admin/rollout/stages/%00", "/admin/rollout/shared/a%00b", "/admin/%00", "/%00"]
)
def test_nothing_is_called_by_a_name_with_nul(site: Site, path: str) -> None:
    answer = someone(site, "admin").get(path)
    assert (answer.status, answer.heading) == (404, "There is nothing here")
