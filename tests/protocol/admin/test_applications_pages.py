"""The console's pages about applications, signing keys and messages."""

import re
from dataclasses import replace
from html import unescape

import pytest

from idp.audit import Event
from tests.protocol.admin.asking import HOSTILE, cells
from tests.protocol.admin.test_frame import someone
from tests.protocol.unsent import FAILED, LATE, unsent
from tests.support.site import MFA, Answer, Site

APPLICATIONS, KEYS, MESSAGES = "/admin/applications/", "/admin/keys/", "/admin/messages/"
REGISTERED = "redirect_uris=https://rota.example.org/back\nmin_acr=" + MFA


def code(answer: Answer, name: str) -> str:
    found = re.search(rf'<code id="{name}">([^<]+)</code>', answer.text)
    assert found, answer.heading
    return unescape(found[1])


def test_an_application_that_is_registered_here_signs_people_in_at_once(site: Site) -> None:
    browser = someone(site, "admin")
    browser.open(f"{APPLICATIONS}new")
    made = browser.submit("/new", name="Rota", members=REGISTERED)
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


def test_what_is_registered_is_changed_line_by_line_and_whoever_was_slower_is_told(
    site: Site,
) -> None:
    app = site.application("rota", min_acr=MFA)
    browser, other = someone(site, "admin"), someone(site, "owner")
    path = f"{APPLICATIONS}{app.client_id}"
    for one in (browser, other):
        one.open(f"{path}/edit")
    lines = unescape(re.findall(r"<textarea[^>]*>(.*?)</textarea>", browser.at.text, re.S)[0])
    assert f"min_acr={MFA}" in lines
    kept = "\n".join(line for line in lines.splitlines() if not line.startswith("min_acr"))
    saved = browser.submit("/edit", name="The rota", members=kept + "\nacr_values_mode=required")
    assert ("Saved." in saved.text, saved.heading) == (True, "The rota")
    assert "acr_values_mode" in saved.text
    assert "min_acr" not in saved.text
    late = other.submit("/edit", name="Mine", members=lines)
    assert "was changed by somebody else meanwhile" in late.text
    [event] = site.events(kind=Event.CLIENT_CHANGED)
    assert event.client_id == app.client_id


@pytest.mark.parametrize(
    "line", ["redirect_uris=nothing", "min_acr=unheard-of", "no_such=1", "jwks=@/etc/passwd", "x"]
)
def test_what_cannot_be_registered_is_said_and_stays_on_the_page(site: Site, line: str) -> None:
    browser = someone(site, "admin")
    browser.open(f"{APPLICATIONS}new")
    refused = browser.submit("/new", name="Rota", members=f"{REGISTERED}\n{line}")
    assert refused.status == 400
    assert "This cannot be registered" in refused.text
    assert line in unescape(refused.text)
    assert "root:" not in refused.text


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
