"""No other site can act for a person: every form wants the session's token and our own origin."""

import re
from collections.abc import Callable

import pytest

from tests.security.serving.crowd import base, number
from tests.support.site import MFA, PASSWORD, Answer, Browser, Site

EXEMPT = {
    "oidc.authorize_by_post": "OIDC Core 3.1.2.1: applications post to it, and it only begins",
    "oidc.token": "no cookie counts there, the client authenticates",
    "oidc.userinfo": "no cookie counts there, only the bearer token",
    "oidc.end_session": "without the token it only asks (test below)",
    "oidc.revoke": "no cookie counts there, the client authenticates",
    "oidc.par": "no cookie counts there, the client authenticates",
    "oidc.device_authorization": "no cookie counts there, the client authenticates",
    "oidc.backchannel_authentication": "no cookie counts there, the client authenticates",
    "oidc.introspect": "no cookie counts there, the client authenticates",
    "oidc.explain": "no cookie counts there, the client authenticates",
    "oidc.proof": "the same",
    "oidc.register": "no cookie counts there, only an initial access token",
    "api.answer": "no cookie counts there, only the bearer token",
    "signals.ssf.answer": "no cookie counts there, only the bearer token",
    "carrier.twilio": "no cookie counts there, the carrier signs",
    "carrier.webhook": "the same",
}
TABLES = ("credential", "challenge", "outbox", "authorization", "proof", "token", "grant")


def _posts(site: Site) -> list[tuple[str, str]]:
    found = []
    for rule in site.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint not in EXEMPT:
            found.append((rule.endpoint, rule.rule))
    return sorted(found)


def _path(rule: str, browser: Browser) -> str:
    path = rule.replace("/interaction/<interaction_id>", base(browser))
    path = re.sub(r"<int:\w+>", "1", path)
    # Of an address that is one of several words, the first.
    path = re.sub(r"<any\((\w+)[^>]*>", r"\1", path)
    return path.replace("<method>", "totp")


def _everything(site: Site, victim: Browser) -> dict[str, int]:
    """Count what a person's actions leave behind."""
    counts = {table: number(site, f'SELECT count(*) FROM "{table}"') for table in TABLES}
    ended = "SELECT count(*) FROM session WHERE ended_at IS NOT NULL"
    untouched = (
        "SELECT count(*) FROM interaction WHERE id = :id AND person_id IS NOT NULL"
        " AND refused IS NULL AND marks = 0 AND claimed_at IS NULL AND pending IS NULL"
    )
    own = base(victim).rpartition("/")[2]
    return {**counts, "ended": number(site, ended), "open": number(site, untouched, id=own)}


def _victim(site: Site) -> Browser:
    """Return a signed-in browser, on the way to a stronger sign-in: most forms would work."""
    browser = site.browser()
    browser.authorize(site.application("first"))
    browser.sign_in("tane")
    app = site.application("second", first_party=False)
    browser.authorize(app, claims=app.essential(MFA))
    assert browser.at.url.endswith("/enrol/proof")
    return browser


FORM = {"username": "tane", "password": PASSWORD, "code": "123456", "decision": "allow"}
ATTACKS: dict[str, Callable[[Site, Browser, str], Answer]] = {
    "no token": lambda site, victim, path: victim.http.send("POST", path, FORM),
    "an empty token": lambda site, victim, path: victim.post(path, csrf_token="", **FORM),
    "a made-up token": lambda site, victim, path: victim.post(path, csrf_token="x" * 43, **FORM),
    "another browser's token": lambda site, victim, path: victim.post(
        path, csrf_token=_other_token(site), **FORM
    ),
    "the token in the query": lambda site, victim, path: victim.http.send(
        "POST", f"{path}?csrf_token={victim.at.csrf}", FORM
    ),
    "another origin": lambda site, victim, path: _from(victim, path, "https://evil.example"),
    "another port": lambda site, victim, path: _from(victim, path, f"{site.issuer}1"),
    "our name as a prefix": lambda site, victim, path: _from(victim, path, f"{site.issuer}.evil"),
    "no origin to speak of": lambda site, victim, path: _from(victim, path, "null"),
}


def _other_token(site: Site) -> str:
    other = site.browser()
    return other.open("/account/").csrf


def _from(victim: Browser, path: str, origin: str) -> Answer:
    form = {**FORM, "csrf_token": victim.at.csrf}
    return victim.http.send("POST", path, form, {"Origin": origin})


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_form_from_elsewhere_is_refused_and_changes_nothing(
    small_site: Site, attack: str
) -> None:
    small_site.person("tane")
    victim = _victim(small_site)
    posts = _posts(small_site)
    assert len(posts) >= 12
    before, cookie = _everything(small_site, victim), victim.http.cookies()
    assert before["open"] == 1
    for endpoint, rule in posts:
        answer = ATTACKS[attack](small_site, victim, _path(rule, victim))
        assert answer.status == 403, (attack, endpoint)
    assert _everything(small_site, victim) == before
    assert victim.http.cookies() == cookie
    assert victim.open(base(victim)).url.endswith("/enrol/proof")


def test_a_form_without_our_cookie_is_refused(small_site: Site) -> None:
    small_site.person("tane")
    victim = _victim(small_site)
    form = {**FORM, "csrf_token": victim.at.csrf}
    for endpoint, rule in _posts(small_site):
        path = _path(rule, victim)
        assert small_site.client().send("POST", path, form).status == 400, endpoint


def test_the_right_token_is_accepted_from_our_own_origin(small_site: Site) -> None:
    small_site.person("tane")
    browser = small_site.browser()
    browser.authorize(small_site.application())
    answer = _from(browser, base(browser) + "/password", small_site.issuer)
    assert answer.status == 303


def test_every_exempt_address_exists_and_is_no_page(small_site: Site) -> None:
    assert EXEMPT.keys() <= small_site.app.view_functions.keys()


def test_signing_out_is_asked_when_it_does_not_come_from_our_page(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    victim = small_site.browser()
    victim.authorize(app)
    victim.sign_in("tane")
    for verb, form in (("GET", None), ("POST", {}), ("POST", {"csrf_token": "x"})):
        answer = victim.http.send(verb, "/end_session", form)
        assert "logout-confirm" in answer.text
        assert "code" in victim.authorize(app, prompt="none").query


def test_a_get_changes_nothing(small_site: Site) -> None:
    small_site.person("tane")
    victim = _victim(small_site)
    before = _everything(small_site, victim)
    rules = [r for r in small_site.app.url_map.iter_rules() if "GET" in (r.methods or ())]
    assert len(rules) > 20
    for rule in rules:
        if rule.endpoint == "static":
            continue
        path = rule.rule.replace("<ending>", "csv")
        # Its own resumption answers that a step is missing.
        path = path.replace("/authorize/resume/<interaction_id>", "/authorize/resume/x")
        answer = victim.get(_path(path, victim))
        assert answer.status < 500, path
    assert _everything(small_site, victim) == before
    assert "code" in victim.authorize(small_site.application("third"), prompt="none").query
