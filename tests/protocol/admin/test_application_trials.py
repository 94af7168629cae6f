"""A sign-in is tried in the console; settings, logo and use of an application are shown."""

import io
import json
import re
from html import unescape

import pytest

from tests.protocol.admin.audit.asking import count
from tests.protocol.admin.test_applications_pages import code, sent
from tests.protocol.admin.test_frame import someone
from tests.protocol.command import Acrux
from tests.protocol.operating.test_previews import same
from tests.protocol.sign_ins import tokens, userinfo
from tests.protocol.signin.test_own_look import SVG, WEBP
from tests.support.site import MFA, ONE, Answer, Browser, Site

APPLICATIONS = "/admin/applications/"


def told(page: Answer, place: str) -> dict[str, object]:
    found = re.search(rf'<pre id="{place}"[^>]*><code>(.*?)</code>', page.text, re.S)
    assert found, page.text
    return dict(json.loads(unescape(found[1])))


def trial(browser: Browser, **form: str) -> Answer:
    browser.open(f"{APPLICATIONS}pay/try")
    return browser.submit("/try", **form)


def test_a_trial_shows_what_its_tokens_hold_and_makes_none(site: Site) -> None:
    site.application("pay", groups_claim="teams", scope="openid groups")
    browser = someone(site, "admin")
    shown = trial(browser, level=MFA)
    assert shown.heading == "What came of the sign-in to Pay"
    assert told(shown, "id_token")["acr"] == MFA
    assert "otp" in str(told(shown, "id_token")["amr"])
    assert told(shown, "userinfo")["teams"] == []
    assert shown.headers["Cache-Control"] == "no-store"
    for kind in ("client:code:issued", "client:token:issued", "person:consent:given"):
        assert not site.events(kind=kind)
    assert not re.search(r"eyJ[A-Za-z0-9_-]{20}", shown.text)


@pytest.mark.slow
def test_what_a_trial_shows_is_what_the_same_sign_in_gives_the_application(site: Site) -> None:
    app = site.application("pay", id_token_claims="scope")
    browser = someone(site, "admin")
    shown = trial(browser, level=MFA)
    scope = str(told(shown, "introspection")["scope"])
    back = browser.authorize(app, scope=scope, acr_values=MFA)
    answer = site.redeem(app, back.query["code"]).json
    real = site.id_token(answer["id_token"])
    assert same(told(shown, "id_token")) == same(real)
    assert same(told(shown, "userinfo")) == same(userinfo(site, answer["access_token"]).json)


def test_every_step_is_asked_for_again_when_that_is_wished(site: Site) -> None:
    site.application("pay", sign_in_words={"en": "Payroll is closed on Sundays."})
    browser = someone(site, "admin")
    page = trial(browser, level=ONE, again="1")
    assert "Payroll is closed on Sundays." in page.text
    shown = browser.sign_in("admin")
    assert shown.heading != page.heading, "there is a second step, as for everyone who has one"
    trial(browser, level=ONE, again="1")
    refused = browser.submit("/cancel")
    assert "It would hear:" in refused.text
    assert "access_denied" in refused.text


def test_a_trial_ends_for_whoever_began_it_once_and_at_no_application(site: Site) -> None:
    site.application("pay")
    site.application("other")
    browser = someone(site, "admin")
    browser.open(f"{APPLICATIONS}pay/try")
    begun = browser.http.send("POST", f"{APPLICATIONS}pay/try", browser.at.form("/try")[1])
    interaction = begun.location.rpartition("/")[2]
    assert browser.get(f"/authorize/resume/{interaction}").status in (400, 404, 410)
    assert browser.get(f"{APPLICATIONS}other/try/{interaction}").status == 404
    stranger = someone(site, "owner")
    assert stranger.get(f"{APPLICATIONS}pay/try/{interaction}").status in (400, 404, 410)
    ended = browser.open(f"{APPLICATIONS}pay/try/{interaction}")
    assert ended.heading == "What came of the sign-in to Pay"
    assert browser.get(f"{APPLICATIONS}pay/try/{interaction}").status in (400, 404, 410)
    assert not site.events(kind="client:code:issued")


def test_a_level_that_the_page_does_not_offer_is_not_tried(site: Site) -> None:
    site.application("pay")
    browser = someone(site, "admin")
    for level in ("urn:nobody:knows", "a\0b", "x" * 50_000):
        assert trial(browser, level=level).status == 400
    assert not site.events(kind="person:sign-in:refused")


@pytest.mark.slow
def test_whoever_may_only_look_tries_nothing(site: Site) -> None:
    site.application("pay")
    browser = someone(site, "auditor")
    assert browser.open(f"{APPLICATIONS}pay/try").status == 403
    assert 'id="try"' not in browser.open(f"{APPLICATIONS}pay").text


def test_settings_of_a_known_product_hold_this_clients_values(site: Site) -> None:
    back = "https://git.example.org/user/oauth2/acrux/callback"
    site.application("pay", redirect_uris=[back])
    browser = someone(site, "auditor")
    page = browser.open(f"{APPLICATIONS}pay/settings?like=gitea")
    text = unescape(page.text)
    assert "--key pay --secret THE-CLIENT-SECRET" in text
    assert f"{site.installation.settings.server.issuer}/.well-known" in text
    assert "pkce=optional" in text
    site.application("fit", redirect_uris=[back], pkce="optional")
    assert 'id="lacks"' not in browser.open(f"{APPLICATIONS}fit/settings?like=gitea").text


@pytest.mark.slow
def test_a_new_application_is_filled_in_for_a_product_and_its_settings_hold_the_secret(
    site: Site,
) -> None:
    browser = someone(site, "admin")
    for wrong in ("", "nowhere", "ftp://a.nz"):
        refused = browser.open(f"{APPLICATIONS}new", like="gitea", at=wrong)
        assert refused.status == 400
        assert "Say at which address it is reached" in refused.text
    browser.open(f"{APPLICATIONS}new", like="gitea", at="https://git.example.org/")
    made = sent(browser, "/new")
    assert made.heading == "Gitea and Forgejo"
    secret = code(made, "client-secret")
    assert f"--key {code(made, 'client-id')} --secret {secret}" in unescape(made.text)
    shown = Acrux(site.environ).json("client", "show", code(made, "client-id"))
    assert shown["redirect_uris"] == ["https://git.example.org/user/oauth2/acrux/callback"]
    assert shown["pkce"] == "optional"


@pytest.mark.slow
def test_a_logo_is_uploaded_told_by_its_bytes_and_taken_away(site: Site) -> None:
    site.application("pay")
    browser = someone(site, "admin")
    path = f"{APPLICATIONS}pay/logo"

    def upload(content: bytes, **more: str) -> Answer:
        form = {**browser.open(path).form("/logo")[1], **more}
        form["picture"] = (io.BytesIO(content), "logo.png")  # type: ignore[assignment]
        return browser._follow(browser.http.send("POST", path, form))

    for wrong in (SVG, b"", WEBP[:20], WEBP + b"\0" * 40_000):
        assert "Choose a PNG, JPEG or WebP picture" in upload(wrong).text
    assert "Saved." in upload(WEBP).text
    assert 'src="/logos/' in browser.open(path).text
    assert "Saved." in upload(b"", do="remove").text
    assert 'src="/logos/' not in browser.open(path).text


@pytest.mark.slow
def test_an_applications_page_says_what_it_asked_and_got_lately(site: Site) -> None:
    app, other = site.application("pay"), site.application("other")
    site.person("tane")
    answer = tokens(site, app, "tane", scope="openid offline_access", acr_values=MFA)
    assert site.refresh(app, answer["refresh_token"]).status == 200
    tokens(site, other, "tane")
    count(site)
    browser = someone(site, "auditor")
    page = browser.open(f"{APPLICATIONS}pay").text
    got = {
        name: int(re.findall(rf'<dd id="{name}">\s*(\d+)', page)[0])
        for name in ("sign-ins", "asked", "got", "unchecked")
    }
    assert got == {"sign-ins": 1, "asked": 1, "got": 0, "unchecked": 1}
    assert "it does not check what it got" in page
    assert "does not check" not in browser.open(f"{APPLICATIONS}other").text
    site.advance(40 * 86400)
    assert 'id="unused"' in someone(site, "owner").open(f"{APPLICATIONS}pay").text
