"""The console's pages about people: found, understood, helped, changed, added and deleted."""

import ast
import inspect
import json
import re

import pytest

from idp.audit import Event
from idp.pages.admin.people import in_words
from idp.people import helpdesk
from idp.store import people
from idp.store.people import PersonRow
from tests.protocol.admin.audit.asking import HOSTILE, cells
from tests.protocol.admin.test_frame import someone
from tests.support.site import MFA, PASSWORD, Answer, Browser, Site

PEOPLE = "/admin/people/"


def named(site: Site, name: str) -> PersonRow:
    with site.work() as work:
        found = people.by_name(work, name)
    assert found
    return found


def page(site: Site, name: str, *rest: str) -> str:
    return "/".join((f"{PEOPLE}{named(site, name).id}", *rest))


def problems(answer: Answer) -> list[str]:
    found = re.search(r'<ul id="problems">(.*?)</ul>', answer.text, re.S)
    return re.findall(r"<li>(.*?)</li>", found.group(1)) if found else []


def letters(site: Site, address: str) -> list[str]:
    """Return the kinds of e-mail that went to an address."""
    site.work_off()
    return [message["kind"] for message in site.messages("mail") if message["to"] == address]


def do(site: Site, browser: Browser, name: str, *deed: str, **fields: str) -> Answer:
    """Follow a link of a person's page, and press its button."""
    path = page(site, name, *deed)
    browser.open(path)
    return browser.submit(path.removeprefix("/admin"), **fields)


@pytest.mark.slow
def test_an_address_is_confirmed_by_a_link_that_signs_no_one_in_and_works_once(site: Site) -> None:
    site.person("tane", verified=False)
    browser = someone(site, "support")
    assert "Send a link to confirm the address" in browser.open(page(site, "tane")).text
    do(site, browser, "tane", "confirm")
    assert letters(site, "tane@example.org") == ["confirm-link"]
    found = re.search(r"/c/[A-Za-z0-9_-]{43}", site.messages("mail")[-1]["body"])
    assert found
    his = site.browser()
    assert his.open(found[0]).heading == "Is this your e-mail address?"
    assert not named(site, "tane").email_verified, "a look changes nothing"
    assert his.submit(found[0]).heading == "Your address is confirmed"
    assert named(site, "tane").email_verified
    assert his.open(found[0]).status == 410
    assert his.get("/account/").status == 303, "nobody is signed in"
    kinds = [event.kind for event in site.events(person="tane")]
    assert kinds[:2] == [Event.ADDRESS_CONFIRMED, Event.CONFIRMATION_SENT]
    assert "Send a link to confirm" not in browser.open(page(site, "tane")).text
    again = do(site, browser, "tane", "confirm")
    assert "No link can be sent now" in again.text


@pytest.mark.slow
def test_a_link_to_confirm_dies_with_the_address_it_went_to(site: Site) -> None:
    site.person("tane", verified=False)
    browser = someone(site, "admin")
    do(site, browser, "tane", "confirm")
    site.work_off()
    found = re.search(r"/c/[A-Za-z0-9_-]{43}", site.messages("mail")[-1]["body"])
    assert found
    his = site.browser()
    his.open(found[0])
    browser.open(page(site, "tane", "edit"))
    browser.submit("/edit", email="other@example.org")
    assert his.submit(found[0]).status == 410
    assert not named(site, "tane").email_verified


@pytest.mark.slow
def test_an_exception_is_given_on_the_persons_page_and_ended_there(site: Site) -> None:
    site.person("tane", user_type="nurse")
    stage = site.stage("nurse", MFA, 86400)
    other = site.stage("gardener", MFA, 86400)
    browser = someone(site, "admin")
    browser.open(page(site, "tane", "exceptions"))
    assert other not in browser.at.text
    wrong = browser.submit("/exceptions", stage=other, until="2099-01-01", reason="on leave")
    assert "Choose a stage that reaches this person." in wrong.text
    wrong = browser.submit("/exceptions", stage=stage, until="2001-01-01", reason="on leave")
    assert "Choose a day to come" in wrong.text
    wrong = browser.submit("/exceptions", stage=stage, until="2099-01-01", reason="")
    assert "Write why" in wrong.text
    done = browser.submit("/exceptions", stage=stage, until="2099-01-01", reason="on leave")
    assert "The exception is given." in done.text
    row = cells(done, "exceptions")[0]
    assert row[2:4] == ["on leave", "Admin"]
    assert f"{stage} until 1 January 2099" in browser.open(page(site, "tane")).text
    assert "Give or end an exception" in browser.at.text
    browser.open(page(site, "tane", "exceptions"))
    assert "The exception is over." in browser.submit("/end").text
    kinds = [event.kind for event in site.events(person="tane")][:2]
    assert kinds == [Event.STAGE_EXCEPTION_ENDED, Event.STAGE_EXCEPTED]


@pytest.mark.slow
def test_what_happened_to_a_person_stands_on_their_page_and_for_support_what_failed(
    site: Site,
) -> None:
    site.person("tane")
    app, his = site.application(), site.browser()
    his.authorize(app)
    his.submit("/password", username="tane", password="wrong and wrong")
    his.sign_in("tane")
    auditor, support = someone(site, "auditor"), someone(site, "support")
    lately = [row[1] for row in cells(auditor.open(page(site, "tane")), "happened")]
    assert Event.SIGN_IN_FINISHED in lately
    assert Event.FACTOR_REJECTED in lately
    assert site.events(kind=Event.AUDIT_VIEWED)[0].reason == "person=tane"
    failed = [row[1] for row in cells(support.open(page(site, "tane")), "happened")]
    assert failed == [Event.FACTOR_REJECTED]


@pytest.mark.slow
def test_whoever_is_held_back_is_explained_and_let_try_again(site: Site) -> None:
    site.person("tane", totp=site.secret())
    app, guesser = site.application(), site.browser()
    guesser.authorize(app)
    for _ in range(6):
        guesser.open(guesser.at.url)
        guesser.submit("/password", username="tane", password="wrong and wrong")
    browser = someone(site, "support")
    said = problems(browser.open(page(site, "tane")))
    assert said == ["Is held back after too many tries."]
    done = do(site, browser, "tane", "release")
    assert "What was counted is forgotten." in done.text
    assert problems(done) == []
    assert "Nothing stands in the way of a sign-in." in done.text


@pytest.mark.slow
def test_a_lost_app_is_removed_and_a_link_to_set_up_a_new_one_is_sent(site: Site) -> None:
    site.person("tane", totp=site.secret())
    browser = someone(site, "support")
    ways = cells(browser.open(page(site, "tane")), "ways")
    assert [row[0] for row in ways] == ["Password", "Authenticator app"]
    browser.open(page(site, "tane", "reset", "totp"))
    done = browser.submit("/reset/totp")
    assert "It is removed." in done.text
    assert [row[0] for row in cells(done, "ways")] == ["Password"]
    assert "A second step is to be set up at the next sign-in" in problems(done)[0]
    assert site.events(kind=Event.FACTOR_REMOVED)[0].username == "tane"
    assert letters(site, "tane@example.org")


@pytest.mark.slow
def test_an_account_is_switched_off_signed_out_and_switched_on_again(site: Site) -> None:
    site.person("tane")
    app, hers = site.application(), site.browser()
    hers.authorize(app)
    assert "code" in hers.sign_in("tane").query
    browser = someone(site, "admin")
    done = do(site, browser, "tane", "off")
    assert "The account is switched off." in done.text
    assert "code" not in hers.authorize(app).query
    assert "switched off" in browser.open(PEOPLE).text
    assert "switched on" in do(site, browser, "tane", "on").text
    hers.authorize(app)
    assert "code" in hers.sign_in("tane").query


@pytest.mark.slow
def test_a_profile_is_changed_in_one_form_and_whoever_was_slower_is_told(site: Site) -> None:
    site.person("tane")
    browser, other = someone(site, "admin"), someone(site, "owner")
    form = page(site, "tane", "edit")
    for one in (browser, other):
        one.open(form)
    fields = {"name": "Tāne Mahuta", "email": "mahuta@example.org", "type": "ranger"}
    saved = browser.submit("/edit", **fields, groups="forest, north", role="support")
    assert "Saved." in saved.text
    now = named(site, "tane")
    assert (now.name, now.email, now.email_verified) == ("Tāne Mahuta", "mahuta@example.org", True)
    assert (now.user_type, now.groups, now.roles) == (
        "ranger",
        ("forest", "north"),
        frozenset({"support"}),
    )
    late = other.submit("/edit", name="Another")
    assert late.status == 400
    assert "was changed by somebody else meanwhile" in late.text
    assert named(site, "tane").name == "Tāne Mahuta"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"email": "nothing"}, "This is no e-mail address."),
        ({"phone": "12"}, "Messages cannot be sent to this number."),
        ({"type": "a type"}, "This cannot be a user type."),
        ({"name": ""}, "Type the person"),
        ({"email": "mere@example.org"}, "That belongs to somebody else already."),
        ({"roles": "not a role!"}, "This cannot be the name of a role."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_changed(
    site: Site, fields: dict[str, str], told: str
) -> None:
    site.person("tane")
    site.person("mere")
    before = named(site, "tane")
    browser = someone(site, "admin")
    browser.open(page(site, "tane", "edit"))
    refused = browser.submit("/edit", **({"groups": "kept, not"} | fields))
    assert refused.status == 400
    assert told in refused.text
    assert "kept, not" in refused.text, "what was typed stays"
    assert named(site, "tane") == before


@pytest.mark.slow
def test_nobody_raises_their_own_rights_and_an_owner_is_touched_by_owners_alone(
    site: Site,
) -> None:
    site.person("tane", roles=frozenset({"owner"}))
    browser = someone(site, "admin")
    browser.open(page(site, "admin", "edit"))
    raised = browser.submit("/edit", role="owner")
    assert "Your role does not let you do this" in raised.text
    assert named(site, "admin").roles == {"admin"}
    refused = do(site, browser, "tane", "off")
    assert (refused.status, named(site, "tane").disabled_at) == (409, None)
    support = someone(site, "support")
    assert do(site, support, "admin", "sign-out").status == 409
    told = [(e.username, e.reason) for e in site.events(kind=Event.ACTION_REFUSED)]
    assert told == [
        ("support", "people.change is not allowed: admin"),
        ("admin", "people.change is not allowed: tane"),
        ("admin", "people.change is not allowed: admin"),
    ]


def test_the_last_owner_is_not_switched_off(site: Site) -> None:
    browser = someone(site, "owner")
    refused = do(site, browser, "owner", "off")
    assert refused.status == 409
    assert "There would be no owner any more." in refused.text
    assert named(site, "owner").disabled_at is None


@pytest.mark.slow
def test_someone_new_is_added_and_chooses_a_password_by_the_link(site: Site) -> None:
    browser = someone(site, "admin")
    browser.open(f"{PEOPLE}new")
    fields = {"username": "hine", "name": "Hine", "email": "hine@example.org"}
    added = browser.submit("/new", **fields, invite="1")
    assert "The e-mail with the link is on its way." in added.text
    assert added.heading == "Hine"
    again = browser.open(f"{PEOPLE}new")
    assert again.status == 200
    taken = browser.submit("/new", **fields)
    assert "belongs to somebody already" in taken.text
    assert letters(site, "hine@example.org")


def test_a_person_is_deleted_only_with_the_user_name(site: Site) -> None:
    site.person("tane")
    browser = someone(site, "admin")
    path = page(site, "tane", "delete")
    browser.open(path)
    refused = browser.submit("/delete", name="yes")
    assert "Type the name as it is shown." in refused.text
    gone = browser.submit("/delete", name="tane")
    assert "The account is deleted." in gone.text
    assert browser.get(path).status == 404
    with site.work() as work:
        assert people.by_name(work, "tane") is None


def test_a_hostile_name_is_shown_as_text(site: Site) -> None:
    site.person("tane", name=HOSTILE.replace("\u202e", ""))
    browser = someone(site, "support")
    for path in (PEOPLE, page(site, "tane"), page(site, "tane", "sign-out")):
        assert "<b onmouseover" not in browser.open(path).text


def test_every_code_of_the_helpdesk_has_its_sentence() -> None:
    tree = ast.parse(inspect.getsource(helpdesk))
    codes = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "Problem"
        and isinstance(call.args[0], ast.Constant)
    }
    assert codes == in_words.PROBLEMS.keys()


def test_what_is_done_is_recorded_with_who_did_it(site: Site) -> None:
    site.person("tane", password=PASSWORD)
    browser = someone(site, "admin")
    do(site, browser, "tane", "new-password")
    [event] = site.events(kind=Event.PASSWORD_DEMANDED)
    assert event.username == "tane"
    assert json.loads(event.data or "{}")["by"] == named(site, "admin").id
