"""Passkeys over HTTP: set up, second step, whole sign-in, and what is truly said of each."""

import re

import pytest

from idp import clock, moments
from tests.protocol.account.test_account_page import words
from tests.protocol.people.factors.passkey_owner import (
    BITWARDEN,
    PHR,
    WAYS,
    YUBIKEY,
    adding,
    at_account,
    names,
    said,
    set_up,
    way,
)
from tests.support.letters import newest
from tests.support.site import Site
from tests.support.stand_ins import authenticator
from tests.support.stand_ins.authenticator import Maker


@pytest.mark.usefixtures("tane")
def test_a_passkey_is_set_up_in_the_sign_in_that_needs_it(site: Site) -> None:
    strict = site.application("strict", min_acr=PHR)
    browser = adding(site, strict)
    done = authenticator.add(browser, authenticator.device(browser))
    assert said(site, strict, done) == (PHR, ["pwd", "pop", "user", "mfa"])
    assert [event.reason for event in site.events(kind="person:factor:added")] == ["webauthn"]
    assert site.installation.post.settle(10)
    assert site.messages("mail")[-1]["kind"] == "factor-added"


@pytest.mark.slow
@pytest.mark.usefixtures("tane")
def test_a_verified_passkey_is_the_whole_sign_in(site: Site) -> None:
    soft, app = set_up(site), site.application("app")
    browser = site.browser()
    browser.authorize(app)
    assert said(site, app, authenticator.use(browser, soft)) == (PHR, ["pop", "user", "mfa"])
    assert site.events(kind="person:factor:proved")[0].reason == "webauthn"


@pytest.mark.slow
@pytest.mark.usefixtures("small_tane")
def test_the_first_page_names_no_passkey_of_anybody(small_site: Site) -> None:
    set_up(small_site)
    browser = small_site.browser()
    asked = authenticator.options(browser.authorize(small_site.application("app")))
    assert not asked.get("allowCredentials")
    assert asked["userVerification"] == "required"
    assert asked["rpId"] == "localhost"


@pytest.mark.slow
@pytest.mark.usefixtures("small_tane")
@pytest.mark.parametrize("verified", [True, False])
def test_after_the_password_a_touch_is_enough(small_site: Site, verified: bool) -> None:
    soft, app = set_up(small_site), small_site.application("app")
    browser = small_site.browser()
    browser.authorize(app)
    assert browser.sign_in("tane").heading == "Use your passkey"
    asked = authenticator.options(browser.at)
    assert [one["id"] for one in asked["allowCredentials"]] == [soft.keys[0].name]
    done = authenticator.use(browser, soft, verified=verified)
    assert said(small_site, app, done) == (PHR, ["pwd", "pop", "user", "mfa"])


@pytest.mark.slow
@pytest.mark.usefixtures("small_tane")
def test_a_key_that_cannot_verify_its_user_serves_after_the_password(small_site: Site) -> None:
    soft, app = set_up(small_site, verified=False), small_site.application("app")
    browser = small_site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    done = authenticator.use(browser, soft)
    assert said(small_site, app, done) == (PHR, ["pwd", "pop", "user", "mfa"])


@pytest.mark.usefixtures("small_tane")
def test_a_security_key_that_keeps_no_user_handle_serves_after_the_password(
    small_site: Site,
) -> None:
    soft, app = set_up(small_site), small_site.application("app")
    browser = small_site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    answer = soft.get(authenticator.options(browser.at))
    del answer["response"]["userHandle"]
    assert "code" in authenticator.send(browser, answer).query


@pytest.mark.slow
def test_an_application_that_wants_more_asks_for_the_passkey_only(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("mere", totp=secret)
    app, strict = small_site.application("app"), small_site.application("strict", min_acr=PHR)
    browser = small_site.browser()
    browser.authorize(app)
    browser.sign_in("mere")
    browser.totp(secret)
    soft = authenticator.device(browser)
    assert browser.authorize(strict).heading == "Add a passkey"
    authenticator.add(browser, soft)
    other = small_site.browser()
    other.authorize(app)
    other.sign_in("mere")
    other.open(other.at.url.replace("/webauthn", "/totp"))
    acr, amr = said(small_site, app, other.totp(secret))
    assert (acr, "pop" in amr) == ("urn:acrux:acr:mfa-app", False)
    assert other.authorize(strict).heading == "Use your passkey"
    acr, amr = said(small_site, strict, authenticator.use(other, soft, verified=False))
    assert acr == PHR
    assert {"pwd", "otp", "pop", "user", "mfa"} == set(amr)


@pytest.mark.slow
@pytest.mark.usefixtures("small_tane")
def test_who_is_known_signs_in_again_with_their_own_passkeys_only(small_site: Site) -> None:
    soft, app = set_up(small_site), small_site.application("app")
    browser = small_site.browser()
    browser.authorize(app)
    authenticator.use(browser, soft)
    browser.authorize(app, prompt="login")
    asked = authenticator.options(browser.at)
    assert [one["id"] for one in asked["allowCredentials"]] == [soft.keys[0].name]
    done = authenticator.use(browser, soft)
    assert said(small_site, app, done) == (PHR, ["pop", "user", "mfa"])


@pytest.mark.slow
@pytest.mark.usefixtures("small_tane")
def test_a_synced_passkey_says_so_and_its_counter_may_stand_still(small_site: Site) -> None:
    soft = set_up(small_site, eligible=True, backed_up=True, counts=False)
    app = small_site.application("app")
    for backed_up in (True, False):  # it may be taken out of the cloud, and is the same kind still
        browser = small_site.browser()
        browser.authorize(app)
        done = authenticator.use(browser, soft, backed_up=backed_up)
        assert said(small_site, app, done) == (PHR, ["pop", "user", "swk", "mfa"])


@pytest.mark.slow
@pytest.mark.usefixtures("small_tane")
def test_nobody_is_told_of_hardware_on_the_word_of_the_device(small_site: Site) -> None:
    browser = adding(small_site, strict := small_site.application("strict", min_acr=PHR))
    soft = authenticator.device(browser, Maker(), attestation="packed", aaguid=YUBIKEY)
    acr, amr = said(small_site, strict, authenticator.add(browser, soft))
    assert (acr, "hwk" in amr) == (PHR, False)


@pytest.mark.slow
@pytest.mark.usefixtures("tane")
def test_several_passkeys_are_named_by_their_makers(site: Site) -> None:
    soft = set_up(site, aaguid=YUBIKEY)
    browser = at_account(site, soft)
    browser.open(f"{WAYS}/add/webauthn")
    asked = authenticator.options(browser.at)
    assert [one["id"] for one in asked["excludeCredentials"]] == [soft.keys[0].name]
    site.advance(1)
    second = authenticator.device(browser, aaguid=BITWARDEN)
    assert authenticator.add(browser, second).heading == "Sign out everywhere else?"
    site.advance(1)
    browser.open(f"{WAYS}/add/webauthn")
    authenticator.add(browser, authenticator.device(browser, aaguid=authenticator.UNNAMED))
    assert names(browser) == ["Password", "YubiKey 5", "Bitwarden", "Passkey"]
    for key in (soft, second):
        at_account(site, key)


@pytest.mark.slow
@pytest.mark.usefixtures("small_tane")
def test_a_passkey_that_is_there_already_is_not_added_twice(small_site: Site) -> None:
    soft = set_up(small_site)
    browser = at_account(small_site, soft)
    browser.open(f"{WAYS}/add/webauthn")
    page = authenticator.add(browser, soft, key=soft.keys[0])
    assert page.status == 400
    assert "set up already" in page.text
    assert names(browser) == ["Password", "Passkey"]


@pytest.mark.slow
@pytest.mark.usefixtures("tane")
def test_one_of_two_is_renamed_and_the_other_removed(site: Site) -> None:
    soft = set_up(site, aaguid=YUBIKEY)
    browser = at_account(site, soft)
    browser.open(f"{WAYS}/add/webauthn")
    site.advance(1)
    second = authenticator.device(browser, aaguid=BITWARDEN)
    authenticator.add(browser, second)
    browser.open(way(browser, "YubiKey 5"))
    browser.submit("/rename", label="On my key ring")
    told = newest(site, "factor-renamed")
    assert "New name: On my key ring" in told["body"]
    assert names(browser) == ["Password", "On my key ring", "Bitwarden"]
    browser = at_account(site, soft)
    browser.open(way(browser, "Bitwarden"))
    browser.submit("/remove")
    assert names(browser) == ["Password", "On my key ring"]
    lost = site.browser()
    lost.open(WAYS)
    assert authenticator.use(lost, second).status == 400
    at_account(site, soft)


@pytest.mark.slow
@pytest.mark.usefixtures("small_tane")
def test_adding_another_asks_for_a_passkey_of_the_last_five_minutes(small_site: Site) -> None:
    browser = at_account(small_site, soft := set_up(small_site))
    small_site.advance(301)
    assert browser.open(f"{WAYS}/add/webauthn").heading == "Sign in"
    assert authenticator.use(browser, soft).heading == "Add a passkey"


@pytest.mark.slow
@pytest.mark.usefixtures("tane")
@pytest.mark.parametrize("counts", [True, False])
def test_each_passkey_says_when_it_was_last_used(site: Site, counts: bool) -> None:
    browser = at_account(site, soft := set_up(site, aaguid=YUBIKEY, counts=counts))
    browser.open(f"{WAYS}/add/webauthn")
    authenticator.add(browser, authenticator.device(browser, aaguid=BITWARDEN))
    site.advance(7200)
    browser = at_account(site, soft)
    used = f"Last used {moments.minute(clock.now())}"
    for path in (WAYS, "/account/"):
        said = words(browser.open(path))
        assert f"YubiKey 5 {used}" in said
        assert said.count(used) == 1, "neither the other one nor the password"


@pytest.mark.slow
def test_without_javascript_a_second_step_by_passkey_shows_the_other_ways(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret, sms=True)
    app, strict = site.application("app"), site.application("strict", min_acr=PHR)
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("mere")
    browser.totp(secret)
    browser.authorize(strict)
    authenticator.add(browser, authenticator.device(browser))
    plain = site.browser()
    plain.authorize(app)
    page = plain.sign_in("mere")
    assert page.heading == "Use your passkey"
    assert "JavaScript is switched off. Choose another way." in words(page)
    assert "Ask the people" not in words(page)
    assert re.search(r"<p[^>]*data-without[^>]*>", page.text)
    assert not re.search(r"<p[^>]*data-without[^>]*\bhidden\b", page.text)
    assert re.search(r'data-passkey="get".*?<button[^>]*\bhidden\b', page.text, re.S)
    others = re.findall(r'<a class="quiet" href="(/interaction/[^"]*)">([^<]*)</a>', page.text)
    headings = [plain.open(address).heading for address, _ in others]
    assert headings == ["Enter the code from your app", "Get a code by text message"]
    plain.open(others[0][0])
    assert said(site, app, plain.totp(secret))[0] == "urn:acrux:acr:mfa-app"


@pytest.mark.slow
@pytest.mark.usefixtures("tane")
def test_without_javascript_and_any_other_way_the_page_says_whom_to_ask(site: Site) -> None:
    set_up(site)
    browser = site.browser()
    browser.open(WAYS)
    page = browser.sign_in("tane")
    assert page.heading == "Use your passkey"
    assert "Ask the people who look after your account for another way." in words(page)
