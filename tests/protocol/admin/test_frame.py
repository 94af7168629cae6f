"""The console's frame: each role meets what it may do, and nothing else is there for it."""

import re

import pytest

from idp.audit import Event
from idp.policy.roles import TABLE, Action, Role
from tests.protocol.admin.test_entry import addresses
from tests.support.site import Answer, Browser, Site

_ROLLOUT, _AUDIT, _PEOPLE = "/admin/rollout/", "/admin/audit/", "/admin/people/"
_APPLICATIONS, _KEYS, _MESSAGES = (
    "/admin/applications/",
    "/admin/keys/",
    "/admin/messages/",
)
_STAGE, _SHARED = f"{_ROLLOUT}stages/staff", f"{_ROLLOUT}shared/"
_LETTER = f"{_STAGE}/letters/every/en"
ACTIONS = {
    ("GET", _ROLLOUT): Action.ROLLOUT_READ,
    ("GET", _STAGE): Action.ROLLOUT_READ,
    ("GET", f"{_STAGE}/people"): Action.ROLLOUT_READ,
    ("GET", f"{_STAGE}/mails"): Action.ROLLOUT_READ,
    ("GET", f"{_STAGE}/letters"): Action.ROLLOUT_READ,
    ("GET", _LETTER): Action.ROLLOUT_READ,
    ("GET", f"{_LETTER}/edit"): Action.ROLLOUT_CHANGE,
    ("POST", f"{_LETTER}/edit"): Action.ROLLOUT_CHANGE,
    ("GET", f"{_LETTER}/proof"): Action.ROLLOUT_CHANGE,
    ("GET", f"{_STAGE}/call-list.csv"): Action.ROLLOUT_CHANGE,
    ("GET", f"{_STAGE}/exceptions"): Action.ROLLOUT_READ,
    ("GET", f"{_ROLLOUT}adoption"): Action.ROLLOUT_READ,
    ("GET", f"{_ROLLOUT}adoption.csv"): Action.ROLLOUT_READ,
    ("GET", f"{_ROLLOUT}new"): Action.ROLLOUT_CHANGE,
    ("GET", f"{_ROLLOUT}new/preview"): Action.ROLLOUT_CHANGE,
    ("POST", f"{_ROLLOUT}new/preview"): Action.ROLLOUT_CHANGE,
    ("GET", f"{_STAGE}/edit"): Action.ROLLOUT_CHANGE,
    ("GET", f"{_STAGE}/preview"): Action.ROLLOUT_CHANGE,
    ("POST", f"{_STAGE}/preview"): Action.ROLLOUT_CHANGE,
    ("GET", f"{_STAGE}/words"): Action.ROLLOUT_CHANGE,
    ("POST", f"{_STAGE}/words"): Action.ROLLOUT_CHANGE,
    ("GET", f"{_STAGE}/stop"): Action.ROLLOUT_CHANGE,
    ("POST", f"{_STAGE}/stop"): Action.ROLLOUT_CHANGE,
    ("POST", f"{_STAGE}/exceptions"): Action.ROLLOUT_CHANGE,
    ("POST", f"{_STAGE}/exceptions/none/end"): Action.ROLLOUT_CHANGE,
    ("GET", _SHARED): Action.ROLLOUT_READ,
    ("GET", f"{_SHARED}none"): Action.ROLLOUT_READ,
    ("POST", f"{_SHARED}none/ask"): Action.ROLLOUT_CHANGE,
    ("POST", f"{_SHARED}none/keep"): Action.ROLLOUT_CHANGE,
    ("POST", f"{_SHARED}none/split"): Action.ROLLOUT_CHANGE,
    ("GET", _PEOPLE): Action.PEOPLE_READ,
    ("GET", f"{_PEOPLE}none"): Action.PEOPLE_READ,
    **{
        (verb, f"{_PEOPLE}{page}"): action
        for page, action in (
            *(
                (f"none/{deed}", Action.PEOPLE_HELP)
                for deed in ("release", "sign-out", "invite", "confirm")
            ),
            *((f"none/{deed}", Action.PEOPLE_HELP) for deed in ("new-password", "reset/totp")),
            *((f"none/{deed}", Action.PEOPLE_CHANGE) for deed in ("edit", "off", "on")),
            ("new", Action.PEOPLE_CHANGE),
            ("import", Action.PEOPLE_CHANGE),
            ("none/delete", Action.PEOPLE_DELETE),
        )
        for verb in ("GET", "POST")
    },
    ("GET", f"{_PEOPLE}none/exceptions"): Action.ROLLOUT_READ,
    ("POST", f"{_PEOPLE}none/exceptions"): Action.ROLLOUT_CHANGE,
    ("POST", f"{_PEOPLE}none/exceptions/staff/end"): Action.ROLLOUT_CHANGE,
    ("GET", f"{_PEOPLE}groups"): Action.PEOPLE_READ,
    ("GET", f"{_PEOPLE}groups/rename"): Action.PEOPLE_CHANGE,
    ("POST", f"{_PEOPLE}groups/rename"): Action.PEOPLE_CHANGE,
    ("GET", f"{_PEOPLE}import/none"): Action.PEOPLE_CHANGE,
    ("GET", f"{_PEOPLE}import/none/report.csv"): Action.PEOPLE_CHANGE,
    **{
        ("POST", f"{_PEOPLE}import/none/{deed}"): Action.PEOPLE_CHANGE
        for deed in ("check", "carry-out", "stop", "discard")
    },
    ("GET", "/admin/apis/"): Action.CLIENTS_READ,
    ("GET", "/admin/guarded/"): Action.CLIENTS_READ,
    **{
        (verb, f"/admin/apis/{page}"): Action.CLIENTS_CHANGE
        for page in ("new", "none", "none/delete")
        for verb in ("GET", "POST")
    },
    ("GET", _APPLICATIONS): Action.CLIENTS_READ,
    ("GET", f"{_APPLICATIONS}none"): Action.CLIENTS_READ,
    **{
        (verb, f"{_APPLICATIONS}{page}"): Action.CLIENTS_CHANGE
        for page in ("new", "none/edit", "none/secret", "none/delete")
        for verb in ("GET", "POST")
    },
    ("GET", _MESSAGES): Action.MESSAGES_READ,
    ("POST", f"{_MESSAGES}none/again"): Action.MESSAGES_RETRY,
    ("GET", f"{_APPLICATIONS}none/settings"): Action.CLIENTS_READ,
    ("GET", f"{_APPLICATIONS}none/try/none"): Action.CLIENTS_CHANGE,
    **{
        (verb, f"{_APPLICATIONS}none/{page}"): Action.CLIENTS_CHANGE
        for verb in ("GET", "POST")
        for page in ("logo", "try")
    },
    ("GET", _KEYS): Action.KEYS_READ,
    ("POST", f"{_KEYS}rotate"): Action.KEYS_CHANGE,
    ("POST", f"{_KEYS}withdraw"): Action.KEYS_CHANGE,
    ("GET", "/admin/settings/"): Action.SETTINGS_READ,
    ("GET", "/admin/brand/"): Action.BRAND_CHANGE,
    ("POST", "/admin/brand/"): Action.BRAND_CHANGE,
    ("GET", "/admin/brand/words"): Action.BRAND_CHANGE,
    ("GET", "/admin/brand/words/new-device/en"): Action.BRAND_CHANGE,
    ("POST", "/admin/brand/words/new-device/en"): Action.BRAND_CHANGE,
    ("GET", _AUDIT): Action.AUDIT_READ,
    **{
        ("GET", f"{_AUDIT}{page}"): Action.AUDIT_READ
        for page in (
            *("events", "sign-ins", "tokens", "tokens/none", "interactions/none", "applications"),
            *("failures", "in-force", "roles", "record"),
        )
    },
    ("POST", f"{_AUDIT}find"): Action.AUDIT_READ,
    ("POST", f"{_AUDIT}questions"): Action.AUDIT_READ,
    ("POST", f"{_AUDIT}questions/1/remove"): Action.AUDIT_READ,
    ("GET", f"{_AUDIT}export.csv"): Action.AUDIT_EXPORT,
    ("GET", f"{_AUDIT}pack.zip"): Action.AUDIT_EXPORT,
}
"""What each address below /admin/ is for, but the front door, which is for every role."""
PAGELESS = {Action.DATA_EXPORT}
"""What no page does: all of it goes out by the command and the API, as a stream."""
FRONT_DOOR = ("GET", "/admin/")
PLACES = {
    "Overview": "/admin/",
    "Rollout": "/admin/rollout/",
    "People": _PEOPLE,
    "Applications": _APPLICATIONS,
    "Messages": _MESSAGES,
    "Signing keys": _KEYS,
    "Look and words": "/admin/brand/",
    "Settings": "/admin/settings/",
    "Audit": "/admin/audit/",
}
"""The words of the navigation, in their order, and where they lead."""


def someone(site: Site, *roles: str, secret: str = "") -> Browser:
    """Return the browser of someone who is signed in with a second step and has these roles."""
    name, secret = roles[0], secret or site.secret()
    site.person(name, totp=secret, roles=frozenset(roles))
    browser = site.browser()
    browser.open("/account/")
    browser.sign_in(name)
    browser.totp(secret)
    browser.open("/account/password")
    return browser


def places(answer: Answer) -> dict[str, str]:
    """Return the navigation of a page: its words, and where they lead."""
    found = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', navigation(answer))
    return {words: path for path, words in found}


def navigation(answer: Answer) -> str:
    nav = re.search(r'<nav class="places".*?</nav>', answer.text, re.S)
    assert nav, answer.heading
    return nav.group()


def test_every_address_has_its_action(small_site: Site) -> None:
    assert set(addresses(small_site)) - {FRONT_DOOR} == ACTIONS.keys()
    assert set(ACTIONS.values()) == set(Action) - PAGELESS, "an action that no page asks for"


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_a_role_meets_what_it_may_do_and_a_clear_page_for_the_rest(
    small_site: Site, role: Role
) -> None:
    browser = someone(small_site, role)
    turned_away = 0
    for verb, path in addresses(small_site):
        allowed = (verb, path) == FRONT_DOOR or role in TABLE[ACTIONS[verb, path]]
        answer = browser.get(path) if verb == "GET" else browser.post(path)
        refused = answer.heading == "This page is not for your account"
        assert (answer.status == 403) == refused, path
        assert refused != allowed, path
        turned_away += refused
    assert small_site.times(kind=Event.ACTION_REFUSED) == turned_away


@pytest.mark.parametrize("role", Role)
def test_the_navigation_shows_what_the_role_may_see_and_no_more(
    small_site: Site, role: Role
) -> None:
    browser = someone(small_site, role)
    mine = {
        words: path
        for words, path in PLACES.items()
        if ("GET", path) == FRONT_DOOR or role in TABLE[ACTIONS["GET", path]]
    }
    answer = browser.open("/admin/")
    assert answer.url == next(iter(mine.values())), "the front door is the first part"
    assert list(places(answer).items()) == list(mine.items())
    for words, path in mine.items():
        opened = navigation(browser.open(path))
        assert re.search(rf'aria-current="true">{words}<', opened)
        assert opened.count("aria-current") == 1


def test_a_part_shows_what_is_below_it_while_one_is_there(small_site: Site) -> None:
    browser = someone(small_site, "admin")
    assert "Shared profiles" not in browser.open("/admin/audit/").text
    text = browser.open("/admin/rollout/").text
    assert re.search(r'<nav class="places" aria-label="Rollout">', text)
    assert re.search(r'href="/admin/rollout/shared/"\s*>Shared profiles<', text)
    shared = browser.open("/admin/rollout/shared/").text
    assert re.findall(r'aria-current="true">([^<]+)<', shared)[:2] == ["Rollout", "Shared profiles"]


def test_the_frame_says_who_is_signed_in_and_as_what(small_site: Site) -> None:
    answer = someone(small_site, "auditor", "admin", "grafana:editor").open("/admin/")
    assert '<a href="/account/">Auditor</a>' in answer.text
    assert re.search(r'id="role">\((.*?)\)<', answer.text)[1] == "administrator and auditor"  # type: ignore[index]
    assert f" · {small_site.installation.settings.brand.name}</title>" in answer.text


@pytest.mark.slow
def test_the_refusal_names_the_roles_in_words(small_site: Site) -> None:
    small_site.person("tane", totp=(secret := small_site.secret()))
    browser = small_site.browser()
    browser.open("/admin/audit/")
    browser.sign_in("tane")
    refused = browser.totp(secret)
    assert refused.status == 403
    assert "people with the role owner, administrator or auditor." in refused.text
