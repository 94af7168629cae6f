"""A cookie known before a sign-in is worth nothing after it, and one taken after is soon worthless.

`old` is always the value that an attacker planted, read or kept; the victim goes on in the browser.
"""

from idp.signin.sessions import REPEAT_WITHIN
from tests.security.serving.crowd import base, same_cookie
from tests.support.site import MFA, PASSWORD, Application, Browser, Site


def _cookie(browser: Browser) -> str:
    return browser.http.cookies()["acrux"]


def _holder_of(site: Site, cookie: str, like: Browser) -> Browser:
    thief = site.browser()
    thief.http.set_cookie(cookie)
    thief.at = like.at
    return thief


def _is_nobody(thief: Browser, app: Application) -> bool:
    """Return True if the cookie gets no code, no name and no page of anyone's account."""
    silent = thief.authorize(app, prompt="none")
    account = thief.open("/account/")
    asked = thief.authorize(app)
    return (
        silent.query.get("error") == "login_required"
        and {account.heading, asked.heading} <= {"Sign in", "This sign-in is no longer open"}
        and not any(name in account.text + asked.text for name in ("tane", "Tane"))
    )


def test_every_proof_gives_a_new_cookie_and_ends_the_old_one(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    seen = [_cookie(browser)]
    browser.sign_in("tane")
    seen.append(_cookie(browser))
    assert "code" in browser.totp(secret).query
    seen.append(_cookie(browser))
    browser.authorize(app, prompt="login")
    browser.submit("/password", password=PASSWORD)
    seen.append(_cookie(browser))
    assert len(set(seen)) == len(seen)
    assert all(len(value) >= 43 for value in seen), "256 random bits"
    for old in seen[:-1]:
        assert _is_nobody(_holder_of(site, old, browser), app)
    assert "code" in browser.authorize(app, prompt="none").query


def test_setting_up_a_factor_gives_a_new_cookie_too(site: Site) -> None:
    site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("tane")
    old = _cookie(browser)
    assert "code" in browser.enrol_totp().query
    assert _cookie(browser) != old
    assert _is_nobody(_holder_of(site, old, browser), app)


def test_a_planted_cookie_gives_its_planter_nothing_of_the_victims_sign_in(site: Site) -> None:
    site.person("tane")
    app = site.application()
    attacker = site.browser()
    attacker.authorize(app)
    mine = base(attacker)
    victim = same_cookie(site, attacker)
    victim.authorize(app)
    theirs = base(victim)
    assert "code" in victim.sign_in("tane").query
    for address in (mine, theirs):
        for path in ("", "/login", "/totp"):
            assert attacker.get(address + path).status == 400
        resume = address.replace("/interaction", "/authorize/resume")
        assert attacker.get(resume).status == 400
        assert attacker.post(f"{address}/password", username="tane", password="x").status == 400
    assert _is_nobody(attacker, app)


def test_a_cookie_that_nobody_gave_opens_nothing_and_is_not_adopted(site: Site) -> None:
    site.person("tane")
    app = site.application()
    chosen = "attackers-choice-attackers-choice-attackers"
    victim = site.browser()
    victim.http.set_cookie(chosen)
    victim.authorize(app)
    assert _cookie(victim) != chosen
    victim.sign_in("tane")
    assert _is_nobody(_holder_of(site, chosen, victim), app)


def test_a_cookie_is_dead_after_signing_out(site: Site) -> None:
    site.person("tane")
    app = site.application()
    for way in ("hint", "confirmed", "account"):
        browser = site.browser()
        browser.authorize(app)
        code = browser.sign_in("tane").query["code"]
        token = site.redeem(app, code).json
        old = _cookie(browser)
        if way == "hint":
            browser.open("/end_session", id_token_hint=token["id_token"])
        elif way == "confirmed":
            browser.open("/end_session")
            browser.submit("/end_session")
        else:
            browser.open("/account/")
            browser.submit("/end_session")
        assert "Signed out" in browser.at.heading
        assert not browser.http.cookies().get("acrux")
        assert _is_nobody(_holder_of(site, old, browser), app)
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        assert site.client().send("GET", "/userinfo", None, bearer).status == 401


def test_a_session_ends_by_itself_and_cannot_be_kept_alive_for_ever(site: Site) -> None:
    site.person("tane")
    app = site.application()
    limits = site.installation.settings.session
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    site.advance(limits.idle - 60)
    assert "code" in browser.authorize(app, prompt="none").query
    idle = _holder_of(site, _cookie(browser), browser)
    for _ in range(limits.absolute // limits.idle):
        site.advance(limits.idle - 60)
        browser.authorize(app, prompt="none")
    assert _is_nobody(idle, app), "absolute limit"
    again = site.browser()
    again.authorize(app)
    again.sign_in("tane")
    site.advance(limits.idle + 1)
    assert _is_nobody(again, app), "idle limit"


def test_a_form_sent_twice_is_recognised_by_the_very_same_answer_alone(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    browser = site.browser()
    browser.authorize(site.application())
    browser.sign_in("tane")
    second_click = same_cookie(site, browser)
    page, code = browser.at.url, site.code(secret)
    assert browser.post(page, code=code).status == 303
    for other in ("000000", code[::-1] if code[::-1] != code else "111111", ""):
        assert same_cookie(site, second_click).post(page, code=other).status == 400
    for path in ("/password", "/sms", "/consent", "/cancel", "/switch", "/enrol/totp"):
        thief = same_cookie(site, second_click)
        assert thief.post(base(browser) + path, code="999999").status == 400


def test_a_double_click_goes_on_where_the_first_one_led(site: Site) -> None:
    site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    second_click = same_cookie(site, browser)
    address = base(browser) + "/password"
    form = {"username": "tane", "password": PASSWORD}
    assert browser.post(address, **form).status == 303
    assert second_click.post(address, **form).status == 303
    assert "code" in second_click.open(base(second_click)).query
    assert len(site.events(kind="person:factor:proved")) == 1
    assert len(site.events(kind="client:code:issued")) == 1


def test_a_replaced_cookie_is_recognised_for_moments_only(site: Site) -> None:
    site.person("tane")
    browser = site.browser()
    browser.authorize(site.application())
    late = same_cookie(site, browser)
    address = base(browser) + "/password"
    form = {"username": "tane", "password": PASSWORD}
    browser.post(address, **form)
    site.advance(REPEAT_WITHIN + 1)
    assert late.post(address, **form).status == 400


def test_a_replaced_cookie_is_no_way_to_guess_what_was_answered(site: Site) -> None:
    """Guesses against the answer that replaced it are not counted, so there is only one."""
    site.person("tane")
    browser = site.browser()
    browser.authorize(site.application())
    thief = same_cookie(site, browser)
    address = base(browser) + "/password"
    form = {"username": "tane", "password": PASSWORD}
    browser.post(address, **form)
    assert thief.post(address, username="tane", password="a guess").status == 400
    assert thief.post(address, **form).status == 400


def test_a_replaced_cookie_tells_no_name(site: Site) -> None:
    site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    old = _cookie(browser)
    browser.sign_in("tane")
    thief = _holder_of(site, old, browser)
    assert _is_nobody(thief, app)
    ending = _holder_of(site, old, browser)
    ending.open("/end_session")
    ending.post("/end_session")
    assert "code" in browser.authorize(app, prompt="none").query, "nor ends what is not its own"


def test_the_cookie_of_one_browser_is_not_another_peoples_interaction(site: Site) -> None:
    site.person("tane")
    site.person("hemi")
    app = site.application()
    tane, hemi = site.browser(), site.browser()
    for browser, name in ((tane, "tane"), (hemi, "hemi")):
        browser.authorize(app)
        browser.sign_in(name)
        browser.authorize(app, prompt="login")
    assert hemi.get(base(tane)).status == 400
    assert hemi.post(base(tane) + "/password", password=PASSWORD).status == 400
    assert tane.submit("/password", password=PASSWORD).query["code"]
