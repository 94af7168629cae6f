"""No step can be skipped: every address of a sign-in, in every state, by everyone who must not."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.security.serving.crowd import base
from tests.support.site import MFA, Application, Browser, Site

METHODS = ("password", "totp", "sms", "login", "webauthn", "proof")
CLOSED = ("no longer open", "did not keep your place", "or was begun in another browser")
"""What the pages say that lead nowhere near the sign-in."""
WRONG = {"username": "tane", "password": "not the password", "code": "000000", "decision": "allow"}


@pytest.fixture(scope="module")
def patient_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation that lets one guess, so that nothing is merely held back."""
    folder = tmp_path_factory.mktemp("steps")
    found = Site(
        folder,
        f"sqlite:///{folder / 'acrux.db'}",
        throttle__free=1_000_000,
        throttle__source_limit=1_000_000,
        sms__per_hour=1_000_000,
        mail__per_hour=1_000_000,
    )
    secret = found.secret()
    found.person("aroha")
    found.person("tane", totp=secret)
    found.person("mere", sms=True, phone="+64211230002")
    found.person("hana", user_type="staff")
    found.stage("staff", MFA, 86400)
    found.application("app")
    found.application("other", first_party=False)
    found.secret = lambda: secret  # type: ignore[method-assign]
    yield found
    found.close()


def addresses(site: Site) -> list[tuple[str, str]]:
    """Return every method and path below an interaction, from what the application answers."""
    found = set()
    for rule in site.app.url_map.iter_rules():
        if not rule.rule.startswith("/interaction/"):
            continue
        tail = rule.rule.removeprefix("/interaction/<interaction_id>")
        for name in METHODS if "<method>" in tail else ("",):
            for verb in (rule.methods or set()) & {"GET", "POST"}:
                found.add((verb, tail.replace("<method>", name)))
    assert len(found) > 30
    return sorted(found)


# -- the states, each reached in the regular way


def _begin(site: Site, client_id: str = "app", **request: Any) -> Browser:
    browser = site.browser()
    application = Application(client_id, None)
    browser.authorize(application, **request)
    return browser


def _essential() -> dict[str, str]:
    return {"claims": Application.essential(MFA)}


def _login(site: Site) -> Browser:
    return _begin(site)


def _app_code(site: Site) -> Browser:
    browser = _begin(site)
    browser.sign_in("tane")
    return browser


def _before_a_text(site: Site) -> Browser:
    browser = _begin(site)
    browser.sign_in("mere")
    return browser


def _after_a_text(site: Site) -> Browser:
    browser = _before_a_text(site)
    browser.submit("/sms/send")
    return browser


def _address(site: Site) -> Browser:
    browser = _begin(site, **_essential())
    browser.sign_in("aroha")
    return browser


def _choice(site: Site) -> Browser:
    browser = _address(site)
    browser.submit("/enrol/proof", code=site.mailed_code())
    return browser


def _announcement(site: Site) -> Browser:
    browser = _begin(site)
    browser.sign_in("hana")
    return browser


def _consent(site: Site) -> Browser:
    browser = _begin(site, "other")
    browser.sign_in("aroha")
    return browser


def _again(site: Site) -> Browser:
    """Signed in before; an application wants to see the password again."""
    browser = _begin(site)
    browser.sign_in("aroha")
    browser.authorize(Application("app", None), prompt="login")
    return browser


def _wish(site: Site) -> Browser:
    """Another number is wished for, and the code was texted to it."""
    browser = site.browser()
    browser.open("/account/details")
    browser.sign_in("mere")
    browser.submit("/sms/send")
    browser.submit("/sms", code=site.texted_code())
    browser.open("/account/details/phone")
    browser.submit("/phone", value="+64217654321")
    browser.submit("/contact/send")
    return browser


STATES: dict[str, tuple[Callable[[Site], Browser], str, set[str]]] = {
    "login": (_login, "/login", set()),
    "app code": (_app_code, "/totp", set()),
    "before a text": (_before_a_text, "/sms", set()),
    "after a text": (_after_a_text, "/sms", set()),
    "address": (_address, "/enrol/proof", set()),
    "choice": (_choice, "/enrol", set()),
    "announcement": (_announcement, "/announce", {"/announce"}),
    "consent": (_consent, "/consent", {"/consent"}),
    "again": (_again, "/login", set()),
    "wish": (_wish, "/contact", set()),
}
"""How to get there, the page it shows, and what a person may answer there without any proof."""
GIVING_UP = {"/cancel", "/switch"}


@pytest.mark.parametrize("state", STATES)
def test_no_address_leads_out_of_a_state_without_its_proof(patient_site: Site, state: str) -> None:
    reach, page, answers = STATES[state]
    browser = reach(patient_site)
    here = base(browser)
    assert browser.at.url == here + page
    for verb, path in addresses(patient_site):
        if verb == "POST" and path in GIVING_UP | answers:
            continue
        form = {**WRONG, "csrf_token": browser.at.csrf} if verb == "POST" else None
        answer = browser.http.send(verb, here + path, form)
        assert answer.status in (200, 303, 400, 404), (verb, path, answer.status)
        assert "code" not in answer.query, (verb, path)
        assert browser.open(here).url == here + page, (verb, path)
    resumed = browser.get(here.replace("/interaction", "/authorize/resume"))
    if state == "wish":
        assert resumed.status == 400, "no application waits"
    else:
        assert resumed.location == here


@pytest.mark.parametrize("state", STATES)
def test_another_browser_gets_nothing_of_a_sign_in(patient_site: Site, state: str) -> None:
    browser = STATES[state][0](patient_site)
    here = base(browser)
    thief = _begin(patient_site)
    signed_in = _begin(patient_site)
    signed_in.sign_in("aroha")
    signed_in.open("/account/")
    bare = patient_site.browser()
    for other in (thief, signed_in, bare):
        for verb, path in addresses(patient_site):
            form = {**WRONG, "csrf_token": other.at.csrf} if verb == "POST" else None
            answer = other.http.send(verb, here + path, form)
            assert answer.status == 400, (verb, path)
            assert any(words in answer.text for words in CLOSED), (verb, path)
        assert other.get(here.replace("/interaction", "/authorize/resume")).status == 400
    assert browser.open(here).url == here + STATES[state][1]


def test_a_right_code_before_the_password_is_not_kept_for_later(patient_site: Site) -> None:
    browser = _begin(patient_site)
    here = base(browser)
    secret = patient_site.secret()
    code = patient_site.code(secret)
    assert browser.post(f"{here}/totp", code=code, username="tane").location == here
    browser.open(here)
    assert browser.sign_in("tane").url == f"{here}/totp"
    # It was not used up either: no one could spend someone's codes from outside.
    assert "code" in browser.submit("/totp", code=code).query


def test_a_factor_cannot_be_set_up_from_a_mere_password(patient_site: Site) -> None:
    browser = _address(patient_site)
    here = base(browser)
    texted = len(patient_site.messages("sms"))
    for path in ("/enrol/totp", "/enrol/sms", "/enrol/sms/send", "/enrol/totp/send"):
        answer = browser.post(here + path, code="000000")
        assert answer.location == here
    assert "secret=" not in browser.open(f"{here}/enrol/totp").text
    assert len(patient_site.messages("sms")) == texted


def test_posting_an_apps_first_code_before_its_page_was_shown_is_answered(
    patient_site: Site,
) -> None:
    browser = _choice(patient_site)
    answer = browser.post(f"{base(browser)}/enrol/totp", code="123456")
    assert answer.status in (303, 400)


def test_a_finished_sign_in_answers_nothing_any_more(patient_site: Site) -> None:
    browser = _begin(patient_site)
    here = base(browser)
    assert "code" in browser.sign_in("aroha").query
    for verb, path in addresses(patient_site):
        form = {**WRONG, "csrf_token": browser.at.csrf} if verb == "POST" else None
        assert browser.http.send(verb, here + path, form).status == 400, (verb, path)
    resumed = browser.get(here.replace("/interaction", "/authorize/resume"))
    assert resumed.status == 400
    assert "code" not in resumed.query


def test_a_cancelled_sign_in_cannot_be_taken_up_again(patient_site: Site) -> None:
    browser = _app_code(patient_site)
    here = base(browser)
    code = patient_site.code(patient_site.secret())
    browser.post(f"{here}/cancel")
    assert browser.post(f"{here}/totp", code=code).location == here
    assert browser.open(here).query["error"] == "access_denied"
