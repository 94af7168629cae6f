"""The demo in a real browser: everyone, every button, codes from the inbox page, signing out."""

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from idp.demo.cast import CAST
from idp.evidence import tree
from idp.evidence.canonical import canonical
from tests.browser.conftest import AXE
from tests.support.programs.demo import Demo, demo

PASSWORDS = {part.username: part.password for part in CAST}
ONE, MFA, MFA_APP = (f"urn:acrux:acr:{level}" for level in ("1fa", "mfa", "mfa-app"))
SEALED = 45_000
"""Milliseconds within which the worker has sealed what was issued."""
NEXT_CODE = 45_000
"""Milliseconds within which an app shows a code that was not used before."""


class Visitor:
    """Someone with two tabs: the application, and the inbox."""

    def __init__(self, at: Demo, context: BrowserContext) -> None:
        self.at = at
        self.context = context
        self.page: Page = context.new_page()

    def press(self, way: str) -> None:
        """Press one of the four buttons of the first page."""
        self.page.goto(self.at.address)
        self.page.locator(f"#{way}").click()

    def sign_in(self, username: str) -> None:
        self.page.locator("#username").fill(username)
        self.page.locator("#password").fill(PASSWORDS[username])
        self.page.locator("#login-submit").click()

    def enter(self, code: str) -> None:
        self.page.locator("#otp").fill(code)
        self.page.locator("#mfa-submit").click()

    def read_inbox(self, selector: str) -> str:
        """Read a code in the other tab, which looks again by itself until there is one."""
        inbox = self.context.new_page()
        inbox.goto(f"{self.at.address}/inbox?refresh=on")
        code = inbox.locator(selector).first
        expect(code).to_be_visible(timeout=NEXT_CODE)
        text = code.inner_text()
        inbox.close()
        return text

    def app_code(self, username: str) -> str:
        return self.read_inbox(f"#app-{username} [data-code=app]")

    def decline_the_passkey(self) -> None:
        """Answer the offer that follows a first code in a browser that can make passkeys."""
        self.expect_heading("Sign in faster next time")
        self.page.get_by_role("button", name="Not now").click()

    def expect_answer(self, acr: str, *amr: str) -> None:
        """Expect the result page to tell these claims."""
        expect(self.page).to_have_url(f"{self.at.address}/result")
        expect(self.page.locator("#follows")).to_have_text("yes")
        expect(self.page.locator("#acr")).to_have_text(acr)
        expect(self.page.locator("#amr code")).to_have_text(list(amr))
        expect(self.page.locator("#auth-time")).to_have_text(re.compile("^just now$|ago$"))

    def expect_heading(self, text: str) -> None:
        expect(self.page.locator("h1")).to_have_text(text)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for the tests that change no one."""
    with demo(tmp_path_factory.mktemp("demo") / "instance") as started:
        yield started


@pytest.fixture
def visitor(running: Demo, chromium: Browser) -> Iterator[Visitor]:
    with chromium.new_context() as context:
        yield Visitor(running, context)


def test_aroha_has_one_step_and_the_application_is_told_so(visitor: Visitor) -> None:
    visitor.press("sign-in")
    visitor.sign_in("aroha")
    visitor.expect_answer(ONE, "pwd")
    visitor.press("ask")
    visitor.expect_answer(ONE, "pwd")
    expect(visitor.page.locator("#verdict")).to_contain_text("This person has one")


@pytest.mark.usefixtures("node")
def test_the_television_shows_a_code_and_a_film_once_somebody_said_yes(visitor: Visitor) -> None:
    television = visitor.context.new_page()
    television.goto(f"{visitor.at.address}/television")
    television.locator("#on").click()
    code = television.locator("#code").inner_text()
    expect(television.locator("section.card svg")).to_be_visible()
    assert _faults(television) == []
    visitor.page.goto(television.locator("main a").get_attribute("href") or "")
    expect(visitor.page.locator("#user_code")).to_have_value(code)
    visitor.page.locator("#device-continue").click()
    visitor.page.locator("#device-yes").click()
    visitor.sign_in("aroha")
    visitor.expect_heading("Go back to your device")
    expect(television.locator("#watching")).to_contain_text("Aroha Ngata", timeout=SEALED)
    television.locator("#off").click()
    expect(television.locator("#on")).to_be_visible()


def test_the_pay_run_is_approved_by_an_api_that_wants_a_better_sign_in(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    instance = tmp_path_factory.mktemp("demo") / "instance"
    with demo(instance) as started, chromium.new_context(java_script_enabled=False) as context:
        visitor = Visitor(started, context)
        page = visitor.page
        page.goto(f"{started.address}/pay-run")
        page.locator("#approve").click()
        visitor.sign_in("aroha")
        # One step was enough to sign in. The API has refused that, and so she is here again.
        visitor.enter(visitor.read_inbox("[data-code=mail]"))
        page.get_by_role("link", name="Authenticator app").click()
        inbox = context.new_page()
        inbox.goto(f"{started.address}/inbox")
        inbox.locator("#key").fill(page.locator(".secret").inner_text())
        inbox.get_by_role("button", name="Show its code").click()
        visitor.enter(inbox.locator("#key-code").inner_text())
        page.get_by_role("button", name="Not now").click()
        visitor.expect_heading("Do you agree?")
        said = "Pay NZD\xa052,310.50 to 1,250 people for November"
        expect(page.locator("#deeds")).to_contain_text(said)
        page.locator("#consent-allow").click()
        expect(page.locator("#outcome")).to_contain_text("Approved. The API says: two steps")
        lines = page.locator("#lines > li")
        expect(lines.nth(2)).to_contain_text("401")
        expect(lines.nth(2)).to_contain_text("insufficient_user_authentication")
        expect(lines.nth(3)).to_contain_text("harbour_pay_run")
        expect(lines.nth(5)).to_contain_text("200")
        page.locator("#reopen").click()
        page.locator("#approve").click()
        # Signed in well enough a moment ago: nothing is asked but the yes, which may be a no.
        visitor.expect_heading("Do you agree?")
        page.locator("#consent-deny").click()
        expect(page.locator("#error")).to_have_text("access_denied")


def test_the_proof_of_the_token_is_checked_in_the_browser_and_a_false_one_is_noticed(
    visitor: Visitor,
) -> None:
    visitor.press("sign-in")
    visitor.sign_in("aroha")
    visitor.expect_answer(ONE, "pwd")
    verdict, steps = visitor.page.locator("#proof-verdict"), visitor.page.locator("#proof-steps li")
    visitor.page.get_by_role("button", name="Check the proof in this browser").click()
    expect(verdict).to_have_text("Proved, in this browser.", timeout=SEALED)
    expect(steps.nth(1)).to_contain_text("yes: It is row")
    expect(steps.nth(2)).to_have_text(re.compile("^(yes: The root is signed|not checked)"))

    for change, at in ((_raised, 0), (_moved, 1), (_signed_anew, 2)):
        visitor.page.route("**/proof", _falsified(change))
        visitor.page.get_by_role("button", name="Check the proof in this browser").click()
        expect(verdict).to_have_text("This proof does not hold.")
        expect(steps.nth(at)).to_contain_text("NO:")
        visitor.page.unroute("**/proof")


def _falsified(change: Callable[[dict[str, Any]], None]) -> Callable[[Route], None]:
    """Return what changes a proof on its way to the page."""

    def falsify(route: Route) -> None:
        answer = route.fetch()
        said = answer.json()
        change(said["proof"])
        route.fulfill(response=answer, json=said)

    return falsify


def _raised(proof: dict[str, Any]) -> None:
    proof["leaf"]["acr"] = MFA


def _moved(proof: dict[str, Any]) -> None:
    proof["leaf"]["auth_time"] += 1


def _signed_anew(proof: dict[str, Any]) -> None:
    """Another root, and a path that leads to it: nobody has signed that."""
    leaf = tree.leaf_hash(canonical(proof["leaf"]))
    origin, *_, signature = proof["checkpoint"].split("\n")[:-1]
    root = base64.b64encode(leaf).decode()
    proof |= {"index": 0, "path": []}
    proof["checkpoint"] = f"{origin}\n1\n{root}\n\n{signature}\n"


def test_aroha_is_asked_to_set_up_what_is_essential_and_may_decline(visitor: Visitor) -> None:
    visitor.press("insist")
    visitor.sign_in("aroha")
    visitor.expect_heading("First we check that it is you")
    visitor.page.get_by_role("button", name="Cancel").click()
    visitor.expect_heading("That sign-in did not work")
    expect(visitor.page.locator("#error")).to_have_text("access_denied")
    expect(visitor.page.locator(".lead")).to_contain_text("You cancelled")


def test_tane_gives_the_code_of_an_app_that_the_inbox_plays(visitor: Visitor) -> None:
    visitor.press("ask")
    visitor.sign_in("tane")
    visitor.enter(visitor.app_code("tane"))
    visitor.decline_the_passkey()
    visitor.expect_answer(MFA, "pwd", "otp", "mfa")
    visitor.press("sign-in")
    expect(visitor.page.locator("#acr")).to_have_text(MFA_APP)
    visitor.press("insist")
    expect(visitor.page.locator("#acr")).to_have_text(MFA)


def test_mere_gives_a_code_by_text_message_and_signs_out_everywhere(visitor: Visitor) -> None:
    visitor.press("insist")
    visitor.sign_in("mere")
    visitor.page.get_by_role("button", name="Send SMS to 02*******").click()
    visitor.enter(visitor.read_inbox("[data-code=sms]"))
    visitor.decline_the_passkey()
    expect(visitor.page.locator("#acr")).to_have_text(MFA)
    expect(visitor.page.locator("#amr code")).to_have_text(["pwd", "sms", "mfa"])
    visitor.page.locator("#sign-out").click()
    visitor.expect_heading("Signed out")
    visitor.page.goto(f"{visitor.at.address}/result")
    visitor.expect_heading("Nothing yet")
    visitor.press("sign-in")
    visitor.expect_heading("Sign in")


def test_admin_meets_a_floor_and_consent_then_reads_the_audit(visitor: Visitor) -> None:
    visitor.press("pay-run")
    visitor.sign_in("admin")
    visitor.enter(visitor.app_code("admin"))
    visitor.decline_the_passkey()
    visitor.page.locator("#consent-allow").click()
    expect(visitor.page.locator("#acr")).to_have_text(MFA_APP)
    visitor.press("pay-run")
    expect(visitor.page).to_have_url(f"{visitor.at.address}/result")
    visitor.page.goto(f"{visitor.at.issuer}/admin/audit/events")
    expect(visitor.page.locator("main")).to_contain_text("harbour-pay-run")
    visitor.page.goto(visitor.at.address)
    visitor.page.locator("#sign-out").click()
    visitor.expect_heading("Signed out")


def test_without_script_or_phone_a_second_step_is_set_up(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    instance = tmp_path_factory.mktemp("demo") / "instance"
    with demo(instance) as started, chromium.new_context(java_script_enabled=False) as context:
        visitor = Visitor(started, context)
        visitor.press("insist")
        visitor.sign_in("aroha")
        visitor.enter(visitor.read_inbox("[data-code=mail]"))
        visitor.expect_heading("Set up a second step")
        visitor.page.get_by_role("link", name="Authenticator app").click()
        visitor.expect_heading("Set up your authenticator app")
        key = visitor.page.locator(".secret").inner_text()
        inbox = context.new_page()
        inbox.goto(f"{started.address}/inbox")
        inbox.locator("#key").fill("not a key: 018")
        inbox.get_by_role("button", name="Show its code").click()
        expect(inbox.locator("#key-wrong")).to_be_visible()
        inbox.locator("#key").fill(key)
        inbox.get_by_role("button", name="Show its code").click()
        visitor.enter(inbox.locator("#key-code").inner_text())
        visitor.expect_heading("Done: your second step is set up")
        visitor.page.get_by_role("button", name="Not now").click()
        expect(visitor.page.locator("#acr")).to_have_text(MFA)
        inbox.goto(f"{started.address}/inbox")
        expect(inbox.locator("#app-aroha")).to_be_visible()


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_pages_of_the_application_are_accessible(
    running: Demo, chromium: Browser, scheme: str, width: int
) -> None:
    shape = {"width": width, "height": 800}
    with chromium.new_context(viewport=shape, color_scheme=scheme) as context:  # type: ignore[arg-type]
        visitor = Visitor(running, context)
        for path in (
            "",
            "/result",
            "/pay-run",
            "/television",
            "/inbox",
            "/callback/harbour-payroll",
        ):
            visitor.page.goto(running.address + path)
            assert _faults(visitor.page) == [], path
        visitor.press("sign-in")
        visitor.sign_in("aroha")
        visitor.expect_answer(ONE, "pwd")
        assert _faults(visitor.page) == []
        visitor.page.goto(running.address)
        assert _faults(visitor.page) == []


def _faults(page: Page) -> list[str]:
    """Return what axe-core finds, and whether the page is wider than its window."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    faults = [f"{v['id']}: {n['html'][:120]}" for v in found["violations"] for n in v["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        faults.append("the page is wider than its window")
    return faults
