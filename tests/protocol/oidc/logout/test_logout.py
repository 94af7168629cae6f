"""RP-initiated logout: a hint of this very session ends it, anyone else is asked first."""

from typing import Any

import pytest
from joserfc import jwk, jwt

from tests.protocol.sign_ins import (
    assert_redirect_error,
    assert_token_error,
    signed_in,
    userinfo,
)
from tests.support.site import Answer, Application, Browser, Site

BACK = "https://app.example.org/bye"
BACK_WITH_QUERY = "https://app.example.org/bye?tenant=a"


@pytest.fixture
def app(site: Site) -> Application:
    site.person("tane")
    site.person("mere")
    return site.application(post_logout_redirect_uris=[BACK, BACK_WITH_QUERY])


def session(site: Site, app: Application, name: str = "tane") -> tuple[Browser, dict[str, Any]]:
    """Return a signed-in browser and the tokens of its sign-in."""
    browser = signed_in(site, app, name)
    answer = site.redeem(app, browser.at.query["code"])
    assert answer.status == 200
    return browser, answer.json


def alive(browser: Browser, app: Application) -> bool:
    """Return True if the browser is still signed in."""
    return "code" in browser.authorize(app, prompt="none").query


def asks(answer: Answer) -> bool:
    return answer.status == 200 and 'id="logout-page"' in answer.text


def says_signed_out(answer: Answer) -> bool:
    return answer.status == 200 and 'id="logged-out"' in answer.text


def test_a_hint_of_this_session_ends_it_and_returns_with_the_exact_state(
    site: Site, app: Application
) -> None:
    for method in ("GET", "POST"):
        browser, tokens = session(site, app)
        state = "~!@#$%^&*()_+{}|:\"<>? `-=[]\\;',./ aZ0"
        hint = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": BACK}
        if method == "GET":
            answer = browser.open("/end_session", **hint, state=state)
        else:
            answer = browser.http.send("POST", "/end_session", {**hint, "state": state})
        assert answer.status == 303
        assert answer.location.startswith(BACK + "?")
        assert answer.query == {"state": state}
        refused = browser.authorize(app, prompt="none")
        assert_redirect_error(site, refused, "login_required")


def test_what_was_granted_for_the_session_ends_with_it_and_offline_access_does_not(
    site: Site, app: Application
) -> None:
    """OIDC Back-Channel Logout 2.7: `offline_access` is for when the person is not there."""
    browser, tokens = session(site, app)
    offline = browser.authorize(app, scope="openid offline_access").query["code"]
    lasting = site.redeem(app, offline).json
    unused = browser.authorize(app).query["code"]
    browser.open("/end_session", id_token_hint=tokens["id_token"])
    assert userinfo(site, tokens["access_token"]).status == 401
    assert_token_error(site.redeem(app, unused), "invalid_grant")
    assert userinfo(site, lasting["access_token"]).status == 200
    assert site.refresh(app, lasting["refresh_token"]).status == 200


@pytest.mark.slow
def test_without_state_the_return_address_comes_back_as_it_is(site: Site, app: Application) -> None:
    for uri in (BACK, BACK_WITH_QUERY):
        browser, tokens = session(site, app)
        answer = browser.open(
            "/end_session", id_token_hint=tokens["id_token"], post_logout_redirect_uri=uri
        )
        assert answer.location == uri
    browser, tokens = session(site, app)
    answer = browser.open(
        "/end_session",
        id_token_hint=tokens["id_token"],
        post_logout_redirect_uri=BACK_WITH_QUERY,
        client_id="app",
        state="s",
    )
    assert answer.location == BACK_WITH_QUERY + "&state=s"


@pytest.mark.slow
def test_an_address_that_is_not_registered_exactly_is_never_used(
    site: Site, app: Application
) -> None:
    wrong = ("https://evil.example/", BACK + "?a=b", BACK + "/", BACK + "#", "javascript:alert(1)")
    _, tokens = session(site, app)
    for uri in wrong:
        answer = site.browser().open(
            "/end_session", id_token_hint=tokens["id_token"], post_logout_redirect_uri=uri
        )
        assert (answer.status, answer.location) == (400, ""), uri
        assert "evil" not in answer.text
    browser, tokens = session(site, app)
    answer = browser.open(
        "/end_session", id_token_hint=tokens["id_token"], post_logout_redirect_uri=wrong[0]
    )
    assert asks(answer)
    assert "evil" not in answer.text
    assert alive(browser, app)
    browser.open(
        "/end_session", id_token_hint=tokens["id_token"], post_logout_redirect_uri=wrong[0]
    )
    assert says_signed_out(browser.submit("/end_session"))
    assert not alive(browser, app)


@pytest.mark.slow
def test_a_hint_that_is_not_ours_ends_nothing_unasked_and_leads_nowhere(
    site: Site, app: Application
) -> None:
    browser, tokens = session(site, app)
    claims = site.id_token(tokens["id_token"])
    foreign = jwk.RSAKey.generate_key(2048)
    kid = site.client().send("GET", "/jwks").json["keys"][0]["kid"]
    header, body, signature = tokens["id_token"].split(".")
    hints = [
        jwt.encode({"alg": "RS256", "kid": kid}, claims, foreign),
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"{header}.{body}.{signature[:-4]}AAAA",
        f"{header}.{body}",
        tokens["access_token"],
        "x",
        "é",
        "..",
    ]
    for hint in hints:
        answer = browser.open("/end_session", id_token_hint=hint, post_logout_redirect_uri=BACK)
        assert asks(answer), hint
        assert alive(browser, app), hint
    answer = browser.submit("/end_session")
    assert says_signed_out(answer)
    assert not alive(browser, app)


@pytest.mark.slow
def test_without_a_hint_the_person_is_asked_and_stays_here(site: Site, app: Application) -> None:
    for parameters in ({}, {"state": "s"}, {"post_logout_redirect_uri": BACK}):
        browser, _ = session(site, app)
        assert asks(browser.open("/end_session", **parameters))
        assert alive(browser, app)
        browser.open("/end_session", **parameters)
        assert says_signed_out(browser.submit("/end_session"))
        assert not alive(browser, app)
        again = browser.open("/end_session", **parameters)
        assert again.status == (400 if "post_logout_redirect_uri" in parameters else 200)
        assert 'id="logged-out"' in again.text


def test_the_question_cannot_be_answered_by_another_site(site: Site, app: Application) -> None:
    browser, _ = session(site, app)
    for form in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": "é"}):
        assert asks(browser.http.send("POST", "/end_session", form))
        assert alive(browser, app)


@pytest.mark.slow
def test_a_hint_of_another_session_asks_first(site: Site, app: Application) -> None:
    """Someone's old token must not sign out anyone who sits at the browser now."""
    _, tokens = session(site, app, "mere")
    browser, _ = session(site, app)
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": BACK, "state": "s"}
    page = browser.open("/end_session", **asked)
    assert asks(page)
    assert alive(browser, app)
    browser.open("/end_session", **asked)
    answer = browser.submit("/end_session")
    assert answer.location == BACK + "?state=s"
    assert not alive(browser, app)
    assert userinfo(site, tokens["access_token"]).status == 200


def test_an_expired_hint_is_as_good(site: Site, app: Application) -> None:
    browser, tokens = session(site, app)
    site.advance(3000)
    answer = browser.open(
        "/end_session", id_token_hint=tokens["id_token"], post_logout_redirect_uri=BACK
    )
    assert answer.location == BACK
    assert not alive(browser, app)


def test_a_client_id_that_contradicts_the_hint_leads_nowhere(site: Site, app: Application) -> None:
    site.application("other", post_logout_redirect_uris=["https://other.example.org/bye"])
    browser, tokens = session(site, app)
    for client, uri in (("other", BACK), ("other", "https://other.example.org/bye")):
        answer = browser.open(
            "/end_session",
            id_token_hint=tokens["id_token"],
            client_id=client,
            post_logout_redirect_uri=uri,
        )
        assert not answer.location
        assert answer.status == 200


def test_a_logout_is_in_the_audit_trail_once(site: Site, app: Application) -> None:
    browser, tokens = session(site, app)
    for _ in range(2):
        browser.open("/end_session", id_token_hint=tokens["id_token"])
    ended = site.events(kind="person:session:ended")
    assert [(e.username, e.sid) for e in ended] == [
        ("tane", site.id_token(tokens["id_token"])["sid"])
    ]


def test_the_cookie_of_an_ended_session_opens_nothing(site: Site, app: Application) -> None:
    browser, tokens = session(site, app)
    cookie = browser.http.cookies()["acrux"]
    answer = browser.open("/end_session", id_token_hint=tokens["id_token"])
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    old = site.browser()
    old.http.set_cookie(cookie)
    assert not alive(old, app)


def test_a_client_id_says_where_the_click_leads(site: Site, app: Application) -> None:
    """JupyterHub, Grafana and others have no ID token at hand (RP-Initiated Logout section 2)."""
    browser, _ = session(site, app)
    wish = {"client_id": "app", "post_logout_redirect_uri": BACK, "state": "s"}
    page = browser.open("/end_session", **wish)
    assert asks(page)
    assert "You are signed in as <strong>Tane</strong>." in page.text
    assert "properly" not in page.text
    assert alive(browser, app)
    browser.open("/end_session", **wish)
    assert browser.submit("/end_session").location == BACK + "?state=s"
    assert not alive(browser, app)
    assert browser.open("/end_session", **wish).location == BACK + "?state=s"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"client_id": "nobody"}, "the application that it names is not known"),
        ({"client_id": "app"}, "the address to return to is not registered"),
        ({}, "does not say whose it is"),
        ({"id_token_hint": "x"}, "its id_token_hint is not an ID token of this service"),
    ],
)
def test_a_bad_request_leads_nowhere_and_says_what_is_wrong(
    site: Site, app: Application, wrong: dict[str, str], says: str
) -> None:
    wish = {"post_logout_redirect_uri": "https://evil.example/", **wrong}
    browser, _ = session(site, app)
    page = browser.open("/end_session", **wish)
    assert asks(page)
    assert says in page.text
    assert "evil" not in page.text
    assert says_signed_out(browser.submit("/end_session"))
    after = browser.open("/end_session", **wish)
    assert (after.status, after.location) == (400, "")
    assert says in after.text
    assert "evil" not in after.text


@pytest.mark.slow
def test_a_server_with_a_hint_ends_the_session_that_it_names_and_no_other(
    site: Site, app: Application
) -> None:
    """oauth2-proxy and Keycloak call it so, without the browser."""
    browser, tokens = session(site, app)
    other, _ = session(site, app)
    answer = site.client().send("GET", f"/end_session?id_token_hint={tokens['id_token']}")
    assert says_signed_out(answer)
    assert not alive(browser, app)
    assert alive(other, app)
    assert userinfo(site, tokens["access_token"]).status == 401
    (ended,) = site.events(kind="person:session:ended")
    assert ended.reason == "signed out by the server of app"
    again = site.client().send("GET", f"/end_session?id_token_hint={tokens['id_token']}")
    assert says_signed_out(again)
    assert len(site.events(kind="person:session:ended")) == 1


def test_a_server_without_a_valid_hint_is_refused(site: Site, app: Application) -> None:
    browser, tokens = session(site, app)
    bad = tokens["id_token"][:-8] + "AAAAAAAA"
    for query in (f"id_token_hint={bad}", f"id_token_hint={tokens['id_token']}&client_id=x"):
        assert site.client().send("GET", f"/end_session?{query}").status == 400
    assert alive(browser, app)


def test_another_browser_ends_nothing_with_somebodys_hint(site: Site, app: Application) -> None:
    browser, tokens = session(site, app)
    other = site.browser()
    other.authorize(app)
    assert other.http.cookies()["acrux"]
    other.open("/end_session", id_token_hint=tokens["id_token"])
    assert alive(browser, app)


def test_the_token_response_names_the_session_where_a_logout_token_will(
    site: Site, app: Application
) -> None:
    """Keycloak as a broker finds its session by it; pages that watch a session never see it."""
    uri = "https://app.example.org/logout"
    told = site.application("told", backchannel_logout_uri=uri)
    _, tokens = session(site, told)
    assert tokens["session_state"] == site.id_token(tokens["id_token"])["sid"]
    assert "session_state" not in session(site, app)[1]
