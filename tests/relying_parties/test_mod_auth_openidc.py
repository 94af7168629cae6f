"""Debian's mod_auth_openidc in front of a page signs people in, over TLS on both sides."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.relying_parties.front import Front
from tests.relying_parties.keys import key_files, secret_to_sign_with
from tests.support.programs.apache import Apache
from tests.support.programs.documented import ROOT, adapted, samples
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, ONE, PASSWORD, Application

STRONG = f"""
<Location /page/strong>
Require claim acr:{MFA}
OIDCUnAutzAction auth
OIDCPathAuthRequestParams acr_values={quote(MFA)}
</Location>
"""

WARD = """
<Location /page/ward>
Require claim "member_of:Ward 7"
</Location>
"""


@pytest.fixture
def front(tls_site: TlsSite, apache: Apache) -> Front:
    return Front(tls_site, apache)


def test_the_page_knows_who_signed_in_and_how(front: Front) -> None:
    secret = front.site.secret()
    sub = front.site.person("aroha", totp=secret)
    front.register("page")
    strong = {"OIDCAuthRequestParams": f"claims={quote(Application.essential(MFA))}"}
    with front.running(strong) as visitor:
        visitor.visit()
        visitor.provider.sign_in("aroha")
        told = visitor.come_back(visitor.provider.totp(secret))
    assert told["OIDC_CLAIM_sub"] == sub
    assert told["OIDC_CLAIM_acr"] == MFA
    assert told["OIDC_CLAIM_amr"] == "pwd,otp,mfa"
    assert told["OIDC_CLAIM_email"] == "aroha@example.org"
    assert told["OIDC_CLAIM_iss"] == front.site.issuer


def test_the_documented_settings_do_what_the_document_says(front: Front) -> None:
    secret = front.site.secret()
    front.site.person("documented", totp=secret)
    app = front.register("documented")
    [sample] = samples(ROOT / "docs/relying-parties.md", "apache")
    changes = {
        "https://id.example.org": front.site.issuer,
        "${ACRUX_CLIENT_ID}": app.client_id,
        "${ACRUX_CLIENT_SECRET}": str(app.secret),
        "https://app.example.org/oidc/callback": app.redirect_uri,
        "<Location />": "<Location /page>",
    }
    directives, mark, locations = adapted(sample, changes).partition("<Location")
    lines = [line.partition(" ") for line in directives.splitlines() if line]
    # The passphrase is the test's own, and its redirect URI is said there already.
    own = ("OIDCCryptoPassphrase", "OIDCRedirectURI")
    settings = {name: value for name, _, value in lines if name not in own}
    with front.running_alone(settings, mark + locations) as visitor:
        visitor.visit()
        visitor.provider.sign_in("documented")
        told = visitor.come_back(visitor.provider.totp(secret))
    assert told["OIDC_CLAIM_acr"] == MFA


def test_a_part_of_the_page_demands_more(front: Front) -> None:
    front.site.person("tane")
    front.register("parts", acr_values_mode="required")
    with front.running(locations=STRONG) as visitor:
        visitor.visit()
        first = visitor.come_back(visitor.provider.sign_in("tane"))
        assert (first["OIDC_CLAIM_acr"], first["OIDC_CLAIM_amr"]) == (ONE, "pwd")

        visitor.visit("/page/strong")
        second = visitor.come_back(visitor.provider.enrol_totp())
        assert (second["OIDC_CLAIM_acr"], second["OIDC_CLAIM_sub"]) == (
            MFA,
            first["OIDC_CLAIM_sub"],
        )


def test_a_part_is_for_the_groups_that_it_reads_by_its_own_name(front: Front) -> None:
    """Registered by the operator's command, with nothing set in Acrux but the mapping."""
    front.site.person("hine", groups=["Ward 7"])
    front.site.person("pita", groups=["kitchen"])
    front.register("grouped")
    mapping = {
        "member_of": {"from": "groups", "in": ["id_token"]},
        "staff": {"from": "user_type", "in": ["userinfo"], "unasked": True},
    }
    front.acrux("client", "set", "grouped", f"claim_mapping={json.dumps(mapping)}")
    scope = {"OIDCScope": '"openid groups"'}
    for name, status in (("hine", 200), ("pita", 401)):
        with front.running(scope, WARD) as visitor:
            visitor.visit()
            told = visitor.come_back(visitor.provider.sign_in(name))
            assert told["OIDC_CLAIM_staff"] == "user"
            assert told.keys().isdisjoint({"OIDC_CLAIM_email", "OIDC_CLAIM_name"})
            assert visitor.get("/page/ward").status_code == status


def test_the_answer_arrives_by_form_post(front: Front) -> None:
    front.site.person("mere")
    front.register("posted")
    with front.running({"OIDCResponseMode": "form_post"}) as visitor:
        visitor.visit()
        visitor.provider.sign_in("mere")
        assert visitor.come_back_by_form()["OIDC_CLAIM_acr"] == ONE


def test_a_real_browser_sends_the_form_post_by_itself(front: Front, chromium: Browser) -> None:
    front.site.person("marama")
    front.register("posting")
    with front.running({"OIDCResponseMode": "form_post"}), tab(chromium) as page:
        sign_in(front, page, "marama")
        assert f"OIDC_CLAIM_acr={ONE}" in (page.text_content("body") or "")


def test_the_module_signs_with_a_key_that_it_publishes(front: Front) -> None:
    front.site.person("rangi")
    front.register(
        "signing",
        token_endpoint_auth_method="private_key_jwt",
        jwks_uri=f"{front.apache.redirect_uri}?jwks=rsa",
    )
    private, public = key_files(front.apache.folder)
    # The keys first: the module takes the method only where it has keys already.
    settings = {
        "OIDCPrivateKeyFiles": f"own#{private}",
        "OIDCPublicKeyFiles": f"own#{public}",
        "OIDCProviderTokenEndpointAuth": "private_key_jwt",
    }
    with front.running(settings) as visitor:
        visitor.visit()
        told = visitor.come_back(visitor.provider.sign_in("rangi"))
        assert told["OIDC_CLAIM_acr"] == ONE


def test_the_module_signs_with_its_secret(front: Front) -> None:
    front.site.person("hemi")
    application = front.register("secret", token_endpoint_auth_method="client_secret_jwt")
    secret_to_sign_with(front.site, application)
    with front.running({"OIDCProviderTokenEndpointAuth": "client_secret_jwt"}) as visitor:
        visitor.visit()
        assert visitor.come_back(visitor.provider.sign_in("hemi"))["OIDC_CLAIM_acr"] == ONE


def test_the_module_refreshes(front: Front) -> None:
    front.site.person("hana")
    front.register("refreshing")
    settings = {"OIDCScope": '"openid offline_access"'}
    with front.running(settings) as visitor:
        visitor.visit()
        before = visitor.come_back(visitor.provider.sign_in("hana"))["OIDC_access_token"]
        back = quote(f"{front.apache.url}/page", safe="")
        answer = visitor.get(f"/oidc?refresh={back}&access_token={before}")
        assert answer.headers["Location"] == f"{front.apache.url}/page"
        assert visitor.page()["OIDC_access_token"] != before


def test_signing_out_at_the_page_signs_out_at_the_provider(front: Front) -> None:
    front.site.person("kiri")
    application = front.register("leaving")
    with front.running() as visitor:
        visitor.visit()
        visitor.come_back(visitor.provider.sign_in("kiri"))
        bye = f"{front.apache.url}/bye"
        sent = visitor.get(f"/oidc?logout={quote(bye, safe='')}")
        answer = visitor.provider.open(sent.headers["Location"].removeprefix(front.site.issuer))
        assert answer.location == bye
        assert not visitor.signed_in()
    silent = visitor.provider.authorize(application, prompt="none")
    assert silent.query["error"] == "login_required"


def test_signing_out_at_the_provider_ends_the_session_of_the_page(front: Front) -> None:
    front.site.person("wiremu")
    back_channel(front, "told")
    with front.running() as visitor, front.visitor() as elsewhere:
        for each in (visitor, elsewhere):
            each.visit()
            each.come_back(each.provider.sign_in("wiremu"))
        visitor.provider.open("/end_session")
        visitor.provider.submit("/end_session")
        assert visitor.becomes_unknown()
        assert elsewhere.signed_in()


def test_disabling_a_person_ends_every_session_of_the_page(front: Front) -> None:
    front.site.person("ngaio")
    front.site.person("pania")
    back_channel(front, "disabled")
    with front.running() as visitor, front.visitor() as phone, front.visitor() as other:
        for each, name in ((visitor, "ngaio"), (phone, "ngaio"), (other, "pania")):
            each.visit()
            each.come_back(each.provider.sign_in(name))
        front.acrux("user", "disable", "ngaio")
        assert visitor.becomes_unknown()
        assert phone.becomes_unknown()
        assert other.signed_in()


def test_resetting_a_factor_ends_the_session_of_the_page(front: Front) -> None:
    secret = front.site.secret()
    front.site.person("moana", totp=secret)
    back_channel(front, "reset")
    with front.running() as visitor:
        visitor.visit()
        visitor.provider.sign_in("moana")
        visitor.come_back(visitor.provider.totp(secret))
        front.acrux("user", "reset-factor", "moana", "totp")
        assert visitor.becomes_unknown()


def test_signing_out_at_the_provider_reaches_the_page_through_the_browser(
    front: Front, chromium: Browser
) -> None:
    front.site.person("tui")
    front.register(
        "framed",
        frontchannel_logout_uri=f"{front.apache.redirect_uri}?logout=get",
        frontchannel_logout_session_required=True,
    )
    with front.running(), tab(chromium) as page:
        sign_in(front, page, "tui")
        page.goto(f"{front.site.issuer}/end_session")
        with page.expect_response(lambda answer: "/oidc?logout=get" in answer.url):
            page.locator("#logout-confirm").click()
        page.goto(f"{front.apache.url}/page")
        expect(page.locator("#login-page")).to_be_visible()


def test_the_page_watches_the_session_at_the_provider(front: Front, chromium: Browser) -> None:
    front.site.person("anahera")
    front.register("watching")
    with front.running(), tab(chromium) as page:
        sign_in(front, page, "anahera")
        page.goto(f"{front.apache.url}/page/watching")
        watcher = page.frame(url=re.compile("session=iframe_rp"))
        assert watcher
        watcher.evaluate("addEventListener('message', event => (window.answer = event.data))")
        watcher.wait_for_function("window.answer === 'unchanged'")
        elsewhere = page.context.new_page()
        elsewhere.goto(f"{front.site.issuer}/end_session")
        with page.expect_navigation():
            elsewhere.locator("#logout-confirm").click()
        page.goto(f"{front.apache.url}/page")
        expect(page.locator("#login-page")).to_be_visible()


def test_the_module_registers_itself(front: Front) -> None:
    front.site.person("hoani")
    metadata = front.apache.folder / "metadata"
    metadata.mkdir()
    discovery = front.site.client().send("GET", "/.well-known/openid-configuration").text
    known = quote(front.site.issuer.removeprefix("https://"), safe="")
    (metadata / f"{known}.provider").write_text(discovery)
    settings = {"OIDCMetadataDir": str(metadata), "OIDCClientName": "Itself"}
    with front.running_alone(settings) as visitor:
        page = quote(f"{front.apache.url}/page", safe="")
        issuer = quote(front.site.issuer, safe="")
        visitor.visit(f"/oidc?iss={issuer}&target_link_uri={page}")
        visitor.provider.sign_in("hoani")
        assert "Itself" in visitor.provider.at.text
        told = visitor.come_back(visitor.provider.submit("/consent", decision="allow"))
        assert told["OIDC_CLAIM_acr"] == ONE
        visitor.provider.open("/end_session")
        visitor.provider.submit("/end_session")
        assert visitor.becomes_unknown()


# -- what they have in common


def back_channel(front: Front, client_id: str) -> None:
    """Register the page as one that is told of the end of a session."""
    front.register(
        client_id,
        backchannel_logout_uri=f"{front.apache.redirect_uri}?logout=backchannel",
        backchannel_logout_session_required=True,
    )


@contextmanager
def tab(chromium: Browser) -> Iterator[Page]:
    """A fresh browser profile that takes the certificates of the tests."""
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def sign_in(front: Front, page: Page, username: str) -> None:
    """Open the protected page and sign in on the way."""
    page.goto(f"{front.apache.url}/page")
    page.locator("#username").fill(username)
    page.locator("#password").fill(PASSWORD)
    page.locator("#login-submit").click()
    page.wait_for_url(f"{front.apache.url}/page")
