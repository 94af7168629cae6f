"""Answers that are signed (JARM): what they say, how they travel, and what they never lose."""

from typing import Any

import pytest
from joserfc import jwk, jwt

from idp import clock
from idp.oidc.tokens import signing_keys
from tests.support.site import Answer, Application, Site

TRAVELS = {
    "jwt": "query",
    "query.jwt": "query",
    "fragment.jwt": "fragment",
    "form_post.jwt": "posted",
}
each_mode = pytest.mark.parametrize("mode", TRAVELS)


def opened(site: Site, answer: Answer, mode: str, alg: str = "RS256") -> dict[str, Any]:
    """Return what a signed answer says, after checking that it came in this way alone."""
    came = {way: getattr(answer, way) for way in ("query", "fragment", "posted")}
    assert [way for way, fields in came.items() if fields] == [TRAVELS[mode]]
    fields = came[TRAVELS[mode]]
    assert list(fields) == ["response"]
    keys = jwk.KeySet.import_key_set(site.client().send("GET", "/jwks").json)
    token = jwt.decode(fields["response"], keys, algorithms=[alg])
    assert token.header["kid"]
    return dict(token.claims)


@each_mode
def test_a_code_comes_signed_with_whose_it_is_and_until_when(small_site: Site, mode: str) -> None:
    site, app = small_site, small_site.application()
    site.person("aroha")
    browser = site.browser()
    browser.authorize(app, response_mode=mode)
    said = opened(site, browser.sign_in("aroha"), mode)
    assert (said["iss"], said["aud"], said["state"]) == (site.issuer, app.client_id, "the-state")
    assert clock.now() < said["exp"] <= clock.now() + 600
    assert site.redeem(app, said["code"]).status == 200
    # By the straight way, too, of a browser that is signed in.
    again = opened(site, browser.get("/authorize", **app.request(response_mode=mode)), mode)
    assert site.redeem(app, again["code"]).status == 200


@each_mode
def test_an_error_comes_signed_too(small_site: Site, mode: str) -> None:
    site, app = small_site, small_site.application()
    for changes in ({"prompt": "none"}, {"scope": "email"}, {"nonce": "x" * 5000}):
        request = app.request(response_mode=mode, **changes)
        said = opened(site, site.browser().get("/authorize", **request), mode)
        assert "code" not in said
        assert said["error"] in ("login_required", "invalid_scope", "invalid_request")
        assert (said["aud"], said["state"]) == (app.client_id, "the-state")


def test_whoever_says_no_is_told_of_signed(small_site: Site) -> None:
    app = small_site.application()
    browser = small_site.browser()
    browser.authorize(app, response_mode="jwt")
    said = opened(small_site, browser.submit("/cancel"), "jwt")
    assert said["error"] == "access_denied"


@pytest.mark.parametrize(
    ("members", "alg"),
    [
        ({}, "RS256"),
        ({"id_token_signed_response_alg": "ES256"}, "ES256"),
        ({"authorization_signed_response_alg": "ES256"}, "ES256"),
        (
            {
                "authorization_signed_response_alg": "RS256",
                "id_token_signed_response_alg": "ES256",
            },
            "RS256",
        ),
    ],
)
def test_it_is_signed_as_the_application_is_registered(
    small_site: Site, members: dict[str, Any], alg: str
) -> None:
    app = small_site.application(**members)
    request = app.request(response_mode="jwt", prompt="none")
    answer = small_site.browser().get("/authorize", **request)
    assert opened(small_site, answer, "jwt", alg)["error"] == "login_required"


def test_tokens_come_in_the_fragment_and_never_in_a_query(small_site: Site) -> None:
    app = Application("app", None)
    wrong = app.request(response_mode="query.jwt", response_type="code id_token")
    small_site.application(response_types=["code"])
    answer = small_site.browser().get("/authorize", **wrong)
    assert answer.fragment["error"] == "unsupported_response_type"


@pytest.mark.slow
def test_without_a_key_nothing_is_used_up(small_site: Site) -> None:
    site = small_site
    app = site.application(authorization_signed_response_alg="PS256")
    site.person("aroha")
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("aroha")
    told = browser.get("/authorize", **app.request(response_mode="jwt"))
    assert (told.status, told.heading) == (503, "This sign-in cannot be finished")
    with site.work() as work:
        signing_keys.generate(work, site.installation.keyring, "PS256", active_at=clock.now())
    told = browser.get("/authorize", **app.request(response_mode="jwt"))
    assert "code" in opened(site, told, "jwt", "PS256")


def test_where_it_leads_is_shown_before_an_unknown_application_is_told(small_site: Site) -> None:
    app = small_site.application(self_registered=True)
    held = small_site.browser().open(
        "/authorize", **app.request(response_mode="form_post.jwt", scope="email")
    )
    assert (held.status, held.heading) == (400, "This sign-in cannot continue")
    assert 'name="response"' in held.text
    assert 'name="error"' not in held.text
