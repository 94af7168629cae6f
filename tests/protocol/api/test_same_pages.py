"""One action, the third face: the console does what the command does, and leaves the same event.

With `test_same` all three are compared: each deed stands there once.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.protocol.admin.test_frame import someone
from tests.protocol.api.pressing import press
from tests.protocol.api.test_same import DEEDS, call, filled, prepared, state, without
from tests.protocol.command import Acrux
from tests.support.site import MFA, REDIRECT_URI, Answer, Browser, Site

__all__ = ["prepared"]
Press = Callable[[Browser, str], Answer]
"""Takes the `sub` of the person that the deed is about."""
PEOPLE, APPLICATIONS = "/admin/people", "/admin/applications"
STAGE = "/admin/rollout/stages/first"


def person(deed: str, **fields: Any) -> Press:
    return lambda browser, sub: press(browser, f"{PEOPLE}/{sub}/{deed}", **fields)


def page(path: str, **fields: Any) -> Press:
    return lambda browser, _sub: press(browser, path, **fields)


PRESSED: dict[str, Press] = {
    "add a person": page(
        f"{PEOPLE}/new",
        username="mere",
        email="Mere@a.nz",
        name="Mere  K",
        groups="north",
        invite=None,
    ),
    "another address": person("edit", email="new@a.nz", email_verified="1"),
    "no number": person("edit", phone="", phone_verified=None),
    "switch off": person("off"),
    "sign out": person("sign-out"),
    "reset a factor": person("reset/password"),
    "demand a password": person("new-password"),
    "delete a person": person("delete", name="tane"),
    "change an application": page(
        f"{APPLICATIONS}/app/edit", min_acr=MFA, name="Wages", default_max_age="60", do="save"
    ),
    "own tokens and an own look": page(
        f"{APPLICATIONS}/app/edit",
        access_token_lifetime="120",
        first_ways=["webauthn", "totp"],
        do="save",
    ),
    "take a member away": page(f"{APPLICATIONS}/app/edit", first_party=None, do="save"),
    "replace a secret": page(f"{APPLICATIONS}/app/secret", overlap=None),
    "delete an application": page(f"{APPLICATIONS}/app/delete", name="app"),
    "stop a stage": page(f"{STAGE}/stop"),
    "remove a stage": page(f"{STAGE}/remove", name="first"),
    "own words of a mail": page(
        f"{STAGE}/letters/announced/de/edit",
        subject="Neu",
        body="Bitte hier: {link}",
        do="save",
    ),
    "another name of a user type": page(
        "/admin/people/groups/rename?kind=type&name=user", new="staff"
    ),
    "register an API": page(
        "/admin/apis/new",
        id="pay",
        audience="https://pay.example.org",
        name="Pay",
        scopes='{"pay:read": {"en": "See pay runs"}}',
    ),
    "change an API": page("/admin/apis/wages", published="1"),
    "delete an API": page("/admin/apis/wages/delete"),
    "let somebody off": person("exceptions", stage="first", until="2099-01-01", reason="on leave"),
}
OTHERWISE = {
    "change a profile": "a form has no claims but those of a person's page: see below",
    "register an application": "the console draws the client_id: see below",
    "no logo": "it has none, so there is no button",
    "change a stage": "a form, a preview, and its button: tests of the rollout's pages",
    "one person's after all": "its button has no field for the reason",
    "a profile for each": "its button is on the page of an account that looks shared: their tests",
    "let clients register": "by the command and the API alone",
    "make a key": "its button makes one for each algorithm in use",
}
"""What no single form does just so, and why."""


def happened(site: Site, kind: str) -> Any:
    """Return what the newest event of a kind says, but for what is drawn and who did it."""
    if not kind:
        return None
    event = site.events(kind=kind)[0]
    data = without(json.loads(event.data)) if event.data else {}
    data.pop("by", None)
    # Without a person of its own it is of who acts.
    about = bool(event.person_id) and event.username != "admin"
    return event.outcome, about, bool(event.client_id), data


def there(found: Any) -> Any:
    """Return what is there, but for who looks at it in the console."""
    if isinstance(found, dict) and isinstance(found.get("items"), list):
        items = [one for one in found["items"] if one.get("username") != "admin"]
        return {**found, "items": items}
    return found


def faces(
    site: Site, prepare: Callable[[], dict[str, str]], name: str, pressed: Press
) -> list[Any]:
    """Return what is there after a deed of the command, and after that of the console."""
    deed, found = DEEDS[name], []
    for by_page in (False, True):
        names = prepare()
        program, browser = call(site), someone(site, "admin")
        if by_page:
            pressed(browser, names["tane"])
        else:
            Acrux(site.environ)(*filled(deed.words, names))
        now = there(state(program, filled(deed.looks, names)))
        found.append((now, happened(site, deed.event)))
    return found


def test_each_deed_has_its_form_or_a_reason() -> None:
    assert PRESSED.keys() | OTHERWISE.keys() == DEEDS.keys()
    assert not PRESSED.keys() & OTHERWISE.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESSED)
def test_the_console_does_the_same(
    small_site: Site, prepared: Callable[[], dict[str, str]], name: str
) -> None:
    by_command, by_page = faces(small_site, prepared, name, PRESSED[name])
    assert by_page == by_command


@pytest.mark.slow
def test_type_groups_and_roles_are_changed_alike(
    small_site: Site, prepared: Callable[[], dict[str, str]]
) -> None:
    found = []
    for by_page in (False, True):
        names = prepared()
        program, browser = call(small_site), someone(small_site, "admin")
        if by_page:
            fields = {"type": "nurse", "groups": "b, a", "roles": "payroll:clerk"}
            person("edit", **fields)(browser, names["tane"])
        else:
            words = ("type=nurse", "groups=b,a", "roles=payroll:clerk")
            Acrux(small_site.environ)("user", "set", "tane", *words)
        event = happened(small_site, "operator:person:changed")
        found.append((state(program, f"/people/{names['tane']}"), event))
    assert found[0] == found[1]


@pytest.mark.slow
def test_an_application_is_registered_alike(
    small_site: Site, prepared: Callable[[], dict[str, str]]
) -> None:
    found = []
    for by_page in (False, True):
        prepared()
        program, browser = call(small_site), someone(small_site, "admin")
        if by_page:
            press(
                browser,
                f"{APPLICATIONS}/new",
                name="Pay",
                redirect_uris=REDIRECT_URI,
                token_endpoint_auth_method="none",
                do="save",
            )
        else:
            words = ("--redirect-uri", REDIRECT_URI, "--public")
            Acrux(small_site.environ)("client", "add", "Pay", *words)
        listed = state(program, "/clients")["items"]
        event = happened(small_site, "operator:client:added")
        # The form says it in any case, the command where it is not the default.
        assert event[3]["metadata"].pop("id_token_signed_response_alg", "RS256") == "RS256"
        found.append(([one for one in listed if one.get("name") == "Pay"], event))
    assert found[0] == found[1]
