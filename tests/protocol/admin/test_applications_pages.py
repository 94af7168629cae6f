"""The console's pages about applications, signing keys and messages."""

import json
import re
from dataclasses import replace
from html import unescape

import pytest
from werkzeug.datastructures import MultiDict

from idp.audit import Event
from idp.oidc.clients.client import MEMBERS
from idp.pages.admin.applications.fields import ELSEWHERE, GROUPS, every
from tests.protocol.admin.audit.asking import HOSTILE, cells
from tests.protocol.admin.test_frame import someone
from tests.protocol.unsent import FAILED, LATE, unsent
from tests.support.site import MFA, Answer, Browser, Site

APPLICATIONS, KEYS, MESSAGES = "/admin/applications/", "/admin/keys/", "/admin/messages/"
REGISTERED = {"redirect_uris": "https://rota.example.org/back", "min_acr": MFA}


def code(answer: Answer, name: str) -> str:
    found = re.search(rf'<code id="{name}">([^<]+)</code>', answer.text)
    assert found, answer.heading
    return unescape(found[1])


@pytest.mark.slow
def test_an_application_that_is_registered_here_signs_people_in_at_once(site: Site) -> None:
    browser = someone(site, "admin")
    browser.open(f"{APPLICATIONS}new")
    made = sent(browser, "/new", name="Rota", **REGISTERED)
    assert "The secret is shown this once." in made.text
    client_id = code(made, "client-id")
    assert code(made, "client-secret") not in browser.open(f"{APPLICATIONS}{client_id}").text
    assert cells(browser.open(APPLICATIONS), "applications")[0][1] == MFA
    asked = site.browser().open(
        "/authorize",
        client_id=client_id,
        response_type="code",
        scope="openid",
        redirect_uri="https://rota.example.org/back",
        code_challenge="a" * 43,
        code_challenge_method="S256",
    )
    assert asked.heading == "Sign in"


@pytest.mark.slow
def test_what_is_registered_is_changed_in_a_form_and_whoever_was_slower_is_told(
    site: Site,
) -> None:
    app = site.application("rota", min_acr=MFA, groups_claim="teams")
    browser, other = someone(site, "admin"), someone(site, "owner")
    path = f"{APPLICATIONS}{app.client_id}"
    for one in (browser, other):
        one.open(f"{path}/edit")
        assert dict(fields(one.at))["min_acr"] == MFA
    saved = sent(browser, "/edit", name="The rota", min_acr="", acr_values_mode="required")
    assert ("Saved." in saved.text, saved.heading) == (True, "The rota")
    late = sent(other, "/edit", name="Mine")
    assert "was changed by somebody else meanwhile" in late.text
    [event] = site.events(kind=Event.CLIENT_CHANGED)
    assert event.client_id == app.client_id
    assert json.loads(event.data or "")["changed"] == [
        *("acr_values_mode=required", "min_acr=", "name=The rota")
    ]


def sent(browser: Browser, end: str, **changes: str) -> Answer:
    """Send the form as a browser does that shows it: with its choices and longer texts."""
    page = browser.at
    form = MultiDict([*fields(page), ("do", "save")])
    for name, value in changes.items():
        form.setlist(name, [value])
    action = re.findall(r'<form class="stage" method="post" action="([^"]*)"', page.text)[0]
    assert action.endswith(end)
    return browser._follow(browser.http.send("POST", action, form))


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(site: Site) -> None:
    mapping = {"memberOf": {"from": "groups"}, "k": {"from": "user_type", "unasked": True}}
    site.application(
        "rota",
        claim_mapping=mapping,
        sign_in_words={"en": "Hello."},
        first_ways=["webauthn", "totp"],
        default_max_age=0,
        grant_types=["authorization_code"],
    )
    browser = someone(site, "admin")
    browser.open(f"{APPLICATIONS}rota/edit")
    sent(browser, "/edit")
    assert browser.at.heading == "Rota"
    assert not site.events(kind=Event.CLIENT_CHANGED)


def fields(answer: Answer) -> list[tuple[str, str]]:
    """Return all that the form of a page sends, as a browser does: names may come again."""
    text = answer.text[answer.text.index('<form class="stage"') :]
    found = []
    for tag in re.findall(r"<input[^>]*>", text):
        values = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if values.get("type") != "checkbox" or re.search(r"\schecked\b", tag):
            found.append((values["name"], unescape(values.get("value", ""))))
    for name, inside in re.findall(r'<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r"<option(?: value=\"([^\"]*)\")? selected>([^<]*)", inside)
        first = re.search(r"<option(?: value=\"([^\"]*)\")?[^>]*>([^<]*)", inside)
        one = chosen or first
        assert one
        found.append((name, unescape(one[2] if one[1] is None else one[1])))
    for name, inside in re.findall(
        r'<textarea[^>]*? name="([^"]+)"[^>]*>(.*?)</textarea>', text, re.S
    ):
        found.append((name, unescape(inside)))
    return found


def test_every_member_has_its_field_or_a_way_of_its_own() -> None:
    assert {*every(), *ELSEWHERE} == set(MEMBERS)
    assert sum(len(group.fields) for group in GROUPS) == len(every())


@pytest.mark.slow
def test_what_pages_of_a_guarded_host_need_is_said_in_rows(site: Site) -> None:
    site.application("wiki")
    browser = someone(site, "admin")
    browser.open(f"{APPLICATIONS}wiki/edit")
    needs = {
        "forward_origin": "https://wiki.example.org",
        "forward_paths-0-path": "/static",
        "forward_paths-0-public": "1",
        "forward_paths-1-path": "/admin",
        "forward_paths-1-acr": MFA,
        "forward_paths-1-max_age": "300",
        "forward_paths-1-groups": "it\nnight, shift",
    }
    assert "Saved." in sent(browser, "/edit", do="save", **needs).text
    [event] = site.events(kind=Event.CLIENT_CHANGED)
    assert json.loads(event.data or "")["after"]["forward_paths"] == {
        "/static": {"public": True},
        "/admin": {"acr": MFA, "max_age": 300, "groups": ["it", "night, shift"]},
    }
    shown = browser.open(f"{APPLICATIONS}wiki/edit")
    assert 'value="/admin"' in shown.text
    wrong = sent(browser, "/edit", do="save", **{"forward_paths-0-path": "static"})
    assert wrong.status == 400
    assert "a path begins with /" in wrong.text


@pytest.mark.slow
def test_what_tokens_would_say_is_shown_before_it_is_saved(site: Site) -> None:
    site.person("aroha", groups=["Ward 7"], user_type="nurse")
    site.application("rota", first_party=False)
    browser = someone(site, "admin")
    browser.open(f"{APPLICATIONS}rota/edit")
    claims = {
        "claim_mapping-0-name": "memberOf",
        "claim_mapping-0-from": "groups",
        "claim_mapping-0-in": "id_token",
        "claim_mapping-1-name": "kind",
        "claim_mapping-1-from": "user_type",
        "claim_mapping-1-in": "userinfo",
        "claim_mapping-1-unasked": "1",
    }
    shown = sent(browser, "/edit", do="preview", whom="aroha", **claims)
    text = unescape(shown.text)
    assert '"memberOf": [\n    "Ward 7"\n  ]' in text
    assert '"kind": "nurse"' in text
    assert "See what kind of account you have" in text
    assert not site.events(kind=Event.CLIENT_CHANGED)
    saved = sent(browser, "/edit", do="save")
    assert "Saved." in saved.text
    [event] = site.events(kind=Event.CLIENT_CHANGED)
    assert json.loads(event.data or "")["after"]["claim_mapping"]["kind"]["unasked"] is True
    browser.open(f"{APPLICATIONS}rota/edit")
    assert sent(browser, "/edit", do="preview", whom="no\0body").status == 400
    nobody = sent(browser, "/edit", do="preview", whom="nobody")
    assert "Nobody is called so." in nobody.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("redirect_uris", "nothing"),
        ("min_acr", "unheard-of"),
        ("jwks", "@/etc/passwd"),
        ("access_token_lifetime", "a day"),
        ("access_token_lifetime", "1" * 400),
        ("sign_in_words-en", "x" * 301),
        ("support_url", "javascript:alert(1)"),
        ("first_ways", "magic"),
    ],
)
def test_what_cannot_be_registered_is_said_and_stays_on_the_page(
    site: Site, name: str, value: str
) -> None:
    browser = someone(site, "admin")
    browser.open(f"{APPLICATIONS}new")
    refused = sent(browser, "/new", name="Rota", **(REGISTERED | {name: value}))
    assert refused.status == 400
    assert "This cannot be registered" in refused.text
    assert value in unescape(refused.text)
    assert "root:" not in refused.text


@pytest.mark.slow
def test_another_secret_is_shown_once_and_the_one_before_works_for_a_day(site: Site) -> None:
    site.person("tane")
    app = site.application("rota")
    browser = someone(site, "admin")
    path = f"{APPLICATIONS}{app.client_id}"
    browser.open(f"{path}/secret")
    drawn = code(browser.submit("/secret"), "client-secret")
    mine = site.browser()
    mine.authorize(app)
    assert site.redeem(app, mine.sign_in("tane").query["code"]).status == 200, "the one before"
    newer = replace(app, secret=drawn)
    assert site.redeem(newer, mine.authorize(app).query["code"]).status == 200
    assert drawn not in browser.open(path).text
    site.advance(86_400 + 60)
    mine.authorize(app)
    code_then = mine.sign_in("tane").query["code"]
    assert site.redeem(app, code_then).status == 401, "a day is over"


def test_an_application_is_removed_only_with_its_client_id(site: Site) -> None:
    app = site.application("rota")
    browser = someone(site, "owner")
    path = f"{APPLICATIONS}{app.client_id}"
    browser.open(f"{path}/delete")
    assert "Type the name as it is shown." in browser.submit("/delete", name="yes").text
    assert "The application is removed." in browser.submit("/delete", name=app.client_id).text
    assert browser.get(path).status == 404


def test_a_hostile_name_of_an_application_is_shown_as_text(site: Site) -> None:
    app = site.application("rota", client_name=HOSTILE)
    browser = someone(site, "auditor")
    for path in (APPLICATIONS, f"{APPLICATIONS}{app.client_id}"):
        assert "<b onmouseover" not in browser.open(path).text


@pytest.mark.slow
def test_new_keys_are_published_and_the_one_that_signs_stays(site: Site) -> None:
    browser = someone(site, "admin")
    before = cells(browser.open(KEYS), "keys")
    made = browser.submit("/rotate")
    assert "The new keys are published." in made.text
    after = cells(made, "keys")
    assert len(after) > len(before)
    assert [row[2] for row in after].count("published, and signs soon") == len(after) - len(before)
    refused = browser.submit("/rotate")
    assert (refused.status, "A new key waits already" in refused.text) == (409, True)
    signing = next(row[0] for row in after if row[2] == "signs")
    kept = browser.post(f"{KEYS}withdraw", kid=signing)
    assert kept.status == 409
    assert signing in browser.open(KEYS).text


def test_a_message_that_waits_is_tried_again_at_once(site: Site) -> None:
    site.person("tane")
    browser = someone(site, "support")
    assert "Every message was sent." in browser.open(MESSAGES).text
    with unsent(site):
        waits, failed = cells(browser.open(MESSAGES), "messages")
        assert waits[3:6] == ["waits for another try", "1", "no answer <b>"]
        assert failed[3:6] == ["could not be sent", "1", "no such mailbox"]
        assert "somewhere" not in browser.at.text
        assert "It is tried again now." in browser.submit(f"/{LATE}/again").text
        assert site.events(kind=Event.MESSAGE_RETRIED)
        refused = browser.post(f"{MESSAGES}{FAILED}/again")
        assert (refused.status, "waits no more" in refused.text) == (409, True)
