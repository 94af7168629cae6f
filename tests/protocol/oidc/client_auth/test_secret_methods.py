"""A secret in the header or in the form: either proves a client that is not registered strictly.

Many libraries choose by themselves (allauth, passport, JupyterHub send the form), and Go's x/oauth2
tries both: Basic first, and on any error the form. Nothing that a stranger has such a client do
shuts it out.
"""

from typing import Any

import pytest

from tests.protocol.sign_ins import assert_token_error
from tests.support.site import Answer, Application, Site

CALLBACKS = 40
"""More than the failures that are borne in a minute, each with two requests."""


def by_header(site: Site, app: Application, form: dict[str, str]) -> Answer:
    answer: Answer = site.client().send("POST", "/token", form, app.authentication())
    return answer


def by_form(site: Site, app: Application, form: dict[str, str]) -> Answer:
    shown = {"client_id": app.client_id, "client_secret": app.secret or ""}
    answer: Answer = site.client().send("POST", "/token", {**form, **shown})
    return answer


def probe(site: Site, app: Application, form: dict[str, str]) -> Answer:
    """Ask as golang.org/x/oauth2 does with a Config that has learned nothing yet."""
    first = by_header(site, app, form)
    return first if first.status == 200 else by_form(site, app, form)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_bogus_callbacks_never_shut_out_a_client_that_probes(site: Site, method: str) -> None:
    site.person("aroha")
    app = site.application(token_endpoint_auth_method=method)
    for number in range(CALLBACKS):
        bogus = probe(site, app, app.redemption(f"bogus{number}"))
        assert_token_error(bogus, "invalid_grant")
    browser = site.browser()
    browser.authorize(app)
    done = browser.sign_in("aroha")
    token = probe(site, app, app.redemption(done.query["code"]))
    assert (token.status, token.json["token_type"]) == (200, "Bearer")
    assert not site.events(kind="client:authentication:held-back")


@pytest.mark.parametrize(
    ("registered", "other"),
    [("client_secret_basic", by_form), ("client_secret_post", by_header)],
)
def test_only_a_strict_client_must_send_its_secret_in_the_registered_way(
    small_site: Site, registered: str, other: Any
) -> None:
    lax = small_site.application("lax", token_endpoint_auth_method=registered)
    strict = small_site.application(
        "strict", token_endpoint_auth_method=registered, strict_authentication=True
    )
    bogus = {"grant_type": "refresh_token", "refresh_token": "x"}
    assert_token_error(other(small_site, lax, bogus), "invalid_grant")
    assert_token_error(other(small_site, strict, bogus), "invalid_client", 401)
    own = by_header if other is by_form else by_form
    assert_token_error(own(small_site, strict, bogus), "invalid_grant")


def test_a_secret_never_stands_in_for_a_key_nor_proves_a_public_client(small_site: Site) -> None:
    public = small_site.application("public", public=True)
    shown = Application("public", "anything")
    assert_token_error(by_header(small_site, shown, public.redemption("x")), "invalid_client", 401)
    signing = small_site.application("signing", token_endpoint_auth_method="client_secret_jwt")
    for way in (by_header, by_form):
        assert_token_error(way(small_site, signing, signing.redemption("x")), "invalid_client", 401)


def test_the_record_says_which_check_failed_and_of_which_client(small_site: Site) -> None:
    strict = small_site.application("strict", strict_authentication=True)
    small_site.application("public", public=True)
    wrong = Application("strict", "wrong")
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    answers = [
        by_form(small_site, strict, form),
        by_header(small_site, wrong, form),
        by_form(small_site, wrong, form),
        small_site.client().send("POST", "/token", {**form, "client_id": "strict"}),
        by_form(small_site, Application("public", "x"), form),
        by_header(small_site, Application("nobody", "x"), form),
        small_site.client().send("POST", "/token", form, {"Authorization": "Bearer x"}),
    ]
    assert {(a.status, a.json["error_description"]) for a in answers} == {
        (401, "client authentication failed")
    }
    found = small_site.events(kind="client:token:refused")[::-1]
    assert [(event.client_id, str(event.reason), event.times) for event in found] == [
        (client, f"invalid_client: {why}", times)
        for client, why, times in [
            ("strict", "the secret came in the form; client_secret_basic is registered", 1),
            ("strict", "the secret is wrong", 2),
            ("strict", "no credentials came; client_secret_basic is registered", 1),
            ("public", "the secret came in the form; none is registered", 1),
            (None, "no client has this id", 1),
            (None, "the Authorization header is not Basic, or too long", 1),
        ]
    ]


def test_a_request_without_a_code_challenge_is_recorded_as_such(small_site: Site) -> None:
    app = small_site.application()
    small_site.browser().authorize(app, code_challenge="", code_challenge_method="")
    [event] = small_site.events(kind="client:request:refused")
    assert (event.client_id, event.reason) == (
        "app",
        "invalid_request: code_challenge is missing (PKCE is required)",
    )
