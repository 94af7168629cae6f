"""Takes a picture of every page at phone and desktop width, light and dark: `make screenshots`.

Pictures go to the folder named by the first argument (default: screenshots). They are for looking
at, and for the README; nothing compares them.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from idp import clock
from idp.operating.actor import OPERATOR
from idp.operating.people.helping import Helping
from idp.policy.shared_profiles import Reason, Score, Sign
from idp.store import next_sign_in, people
from idp.store.rollout import shared_profiles
from tests.application_pictures import application_pages
from tests.audit_pictures import audit_pages
from tests.browser.conftest import Surfer
from tests.console_pictures import console_pages
from tests.device_pictures import answer_another, ciba_pages, device_pages
from tests.people_pictures import people_pages
from tests.protocol.ciba import bank
from tests.protocol.devices import television
from tests.protocol.oidc.apis import payroll
from tests.support.letters import arrived
from tests.support.programs import chromium
from tests.support.site import MFA, PASSWORD, Application, Site
from tests.support.stand_ins.callback import Callback, callback
from tests.support.stand_ins.virtual_device import Device

WIDTHS = {"phone": (360, 740), "desktop": (1280, 800)}
SCHEMES = ("light", "dark")
ALBUMS = [f"{width}-{scheme}" for width in WIDTHS for scheme in SCHEMES]
DAY = 86400
NEW_PASSWORD = "harbour lantern sixpence moss"
_FOLLOWED: set[str] = set()
"""Links that an album has opened: the next album waits for its own."""


class Album:
    """One walk through all pages in one width and colour scheme."""

    def __init__(self, site: Site, browser: Browser, back: Callback, folder: Path, name: str):
        width, scheme = name.split("-")
        sizes = WIDTHS[width]
        self.context = browser.new_context(
            viewport={"width": sizes[0], "height": sizes[1]},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        self.surfer = Surfer(site, self.context, back)
        self.folder = folder
        self.name = name
        self.shoot: Callable[[str], None] = self.keep

    def keep(self, page: str) -> None:
        """Keep a picture of the whole page."""
        self.surfer.arrive()
        file = self.folder / f"{page}-{self.name}.png"
        self.surfer.page.screenshot(path=str(file), full_page=True)

    def fresh(self) -> None:
        """Forget who was signed in."""
        self.context.clear_cookies()


def sign_in_pages(album: Album) -> None:
    """The password, the app's code, the text message, and their errors."""
    surfer = album.surfer
    surfer.start(app_of(surfer))
    album.shoot("sign-in")
    surfer.sign_in("tane", "wrong")
    album.shoot("sign-in-problem")
    surfer.sign_in("tane")
    album.shoot("app-code")
    surfer.press("I can't use this way")
    album.shoot("stuck")
    surfer.press("Back")
    surfer.press("Use a text message instead")
    album.shoot("text-offer")
    surfer.press("Send SMS to")
    album.shoot("text-code")
    surfer.enter_code("000000")
    album.shoot("text-code-problem")
    surfer.site.advance(31)
    surfer.press("Call me instead")
    surfer.expect_heading("Enter the code from the call")
    album.shoot("call-code")
    away = f"{surfer.back.url}*"
    surfer.page.route(away, lambda route: route.abort("aborted"))
    surfer.enter_code(surfer.site.called_code())
    surfer.expect_heading("One moment")
    album.shoot("onward")
    surfer.page.unroute(away)
    surfer.press("Continue")
    surfer.answer()
    surfer.page.route("**/form_post.js*", lambda route: route.abort())
    surfer.start(app_of(surfer), response_mode="form_post")
    surfer.expect_heading("One moment")
    album.shoot("way-back")
    surfer.page.unroute("**/form_post.js*")
    surfer.start(app_of(surfer), prompt="login")
    album.shoot("sign-in-again")
    surfer.start(app_of(surfer, "partner"))
    album.shoot("consent")
    asked = {"scope": f"openid profile {payroll.READ}", "authorization_details": payroll.details()}
    surfer.start(app_of(surfer, "clerk"), **asked)
    surfer.expect_heading("Do you agree?")
    album.shoot("consent-deed")
    answer_another(surfer, "I agree")
    surfer.expect_text("This has changed since the page was shown.")
    album.shoot("consent-changed")
    surfer.start(app_of(surfer, "tool"))
    album.shoot("consent-device")
    surfer.start(app_of(surfer, "newcomer"))
    album.shoot("consent-unvetted")
    surfer.start(app_of(surfer, "newcomer"), scope="nothing")
    album.shoot("held")


def enrolment_pages(album: Album) -> None:
    """A first second factor, from the announcement to what is kept for the day it is lost."""
    surfer = album.surfer
    surfer.start(app_of(surfer))
    surfer.sign_in(f"aroha-{album.name}")
    album.shoot("announcement")
    surfer.press("Set it up now")
    surfer.expect_text("We sent a code to")
    album.shoot("address-code")
    surfer.press("Not your address, or no code?")
    surfer.expect_heading("If no code reaches you")
    album.shoot("address-stuck")
    surfer.press("Back")
    surfer.enter_code(surfer.site.mailed_code())
    album.shoot("choice")
    surfer.press("Text message")
    album.shoot("text-set-up")
    surfer.page.go_back()
    surfer.press("Authenticator app")
    album.shoot("app-set-up")
    surfer.enter_code(surfer.site.code(surfer.read_secret()))
    surfer.expect_heading("Done: your second step is set up")
    album.shoot("done")
    surfer.press("Set up another way, too")
    surfer.expect_heading("Set up another way to sign in")
    album.shoot("choice-another")
    surfer.press("Not now")
    surfer.press("Get recovery codes")
    surfer.expect_heading("Keep your recovery codes")
    album.shoot("first-codes")
    surfer.press("I have kept them")
    surfer.answer()
    surfer.page.goto(f"{surfer.site.issuer}/account/")
    surfer.expect_text("You have only one way")
    album.shoot("account-one-way")


def own_pages(album: Album) -> None:
    """The auditor's pages, the account, signing out, and an error."""
    surfer, issuer = album.surfer, album.surfer.site.issuer
    audit_pages(album, app_of(surfer))
    surfer.page.goto(f"{issuer}/account/")
    album.shoot("account")
    surfer.page.goto(f"{issuer}/end_session")
    album.shoot("sign-out")
    surfer.page.locator("#logout-confirm").click()
    album.shoot("signed-out")
    surfer.page.goto(f"{issuer}/authorize?client_id=nobody")
    album.shoot("error")
    surfer.start(app_of(surfer))
    closed = surfer.page.url
    album.fresh()
    surfer.page.goto(closed)
    album.shoot("closed")


def account_pages(album: Album) -> None:
    """How someone looks after the ways to sign in, and where that leads."""
    surfer, account = album.surfer, f"{album.surfer.site.issuer}/account"
    for _ in ("elsewhere", "here"):
        album.fresh()
        surfer.site.advance(61)
        surfer.page.goto(f"{account}/")
        surfer.sign_in(f"mere-{album.name}")
        surfer.press("Send SMS to")
        surfer.expect_text("We sent a code to")
        surfer.enter_code(surfer.site.texted_code())
        surfer.expect_heading("Your account")
    for path, heading in (
        ("ways", "Ways to sign in"),
        ("ways/others", "Sign out everywhere else?"),
        ("activity", "Recent activity"),
        ("places", "Where you are signed in"),
        ("applications", "Connected applications"),
        ("password", "Change your password"),
        ("recovery-codes", "Your recovery codes"),
        ("ways/add/webauthn", "Add a passkey"),
    ):
        surfer.page.goto(f"{account}/{path}")
        surfer.expect_heading(heading)
        album.shoot(f"account-{path.replace('/', '-')}")
    surfer.page.goto(f"{account}/ways")
    surfer.press("Change or remove Text message")
    album.shoot("account-way")
    device = Device(surfer.page)
    surfer.page.goto(f"{account}/ways/add/webauthn")
    surfer.press("Add a passkey")
    surfer.expect_heading("Sign out everywhere else?")
    surfer.page.goto(f"{account}/ways/without")
    surfer.expect_heading("Without your strongest way to sign in")
    album.shoot("account-without")
    surfer.press("Ask to remove Passkey")
    surfer.expect_text("Your change is waiting.")
    album.shoot("account-waiting")
    device.unplug()


def detail_pages(album: Album) -> None:
    """A person's details, and another number, which turns out to be someone else's."""
    surfer, account = album.surfer, f"{album.surfer.site.issuer}/account"
    surfer.page.goto(f"{account}/details")
    surfer.sign_in(f"kiri-{album.name}")
    surfer.press("Send SMS to")
    surfer.enter_code(surfer.site.texted_code())
    surfer.expect_heading("Your details")
    album.shoot("details")
    surfer.page.locator("#name").fill("   ")
    surfer.page.locator("#details-save").click()
    surfer.expect_text("Type the name")
    album.shoot("details-problem")
    surfer.press("Change mobile number")
    album.shoot("details-number")
    surfer.page.locator("#value").fill("12")
    surfer.page.locator("#contact-submit").click()
    surfer.expect_text("Type a mobile number")
    album.shoot("details-number-problem")
    # Another number for each album: so many codes go to one that is not proved, and no more.
    surfer.page.locator("#value").fill(f"021 765 {1000 + ALBUMS.index(album.name)}")
    surfer.page.locator("#contact-submit").click()
    surfer.expect_heading("Confirm your mobile number")
    album.shoot("contact-number-offer")
    surfer.press("Send code")
    surfer.expect_text("We sent a code to")
    album.shoot("contact-number-code")
    link = new_link(surfer, "new-number-code", "/n/", "sms")
    surfer.page.goto(surfer.site.issuer + link)
    album.shoot("stop")
    surfer.page.locator("#deny-submit").click()
    surfer.expect_heading("It is stopped")
    album.shoot("stopped")


def address_pages(album: Album) -> None:
    """Someone's address is confirmed."""
    surfer = album.surfer
    surfer.page.goto(f"{surfer.site.issuer}/account/details")
    surfer.sign_in(f"ngaio-{album.name}")
    album.shoot("details-unconfirmed")
    surfer.press("Confirm this address")
    surfer.expect_heading("Confirm your e-mail address")
    album.shoot("contact-address-offer")
    surfer.press("Send code")
    surfer.expect_text("We sent a code to")
    album.shoot("contact-address-code")
    surfer.enter_code("000000")
    album.shoot("contact-address-problem")


def recovery_pages(album: Album) -> None:
    """Everything is lost but a code on paper."""
    surfer, account = album.surfer, f"{album.surfer.site.issuer}/account"
    name = f"pita-{album.name}"
    surfer.page.goto(f"{account}/recovery-codes")
    surfer.sign_in(name)
    surfer.press("Send SMS to")
    surfer.enter_code(surfer.site.texted_code())
    code = surfer.page.locator("#recovery-codes code").first.inner_text()
    surfer.press("I have kept them")
    album.fresh()
    surfer.start(app_of(surfer), prompt="login", acr_values=MFA)
    surfer.sign_in(name)
    surfer.press("I have lost it: use a recovery code")
    album.shoot("recovery-code")
    surfer.page.locator("#otp").fill(code)
    surfer.press("Use this code")
    surfer.press("Authenticator app")
    secret = surfer.read_secret()
    surfer.enter_code(surfer.site.code(secret))
    surfer.expect_heading("Keep your new recovery codes")
    album.shoot("recovery-keep")


def new_link(surfer: Surfer, kind: str, path: str, channel: str = "mail") -> str:
    """Return the path of a link that no album has followed before."""
    found = arrived(surfer.page, surfer.site, kind, path, channel, known=_FOLLOWED)
    _FOLLOWED.add(found)
    return found


def link_pages(album: Album) -> None:
    """What links in messages lead to."""
    surfer, site = album.surfer, album.surfer.site
    name = f"hemi-{album.name}"
    surfer.page.goto(f"{site.issuer}/forgot")
    album.shoot("forgot")
    surfer.page.locator("#username").fill(name)
    surfer.press("E-mail me a link")
    surfer.expect_heading("Check your e-mail")
    album.shoot("forgot-sent")
    path = new_link(surfer, "reset-link", "/l/")
    surfer.page.goto(site.issuer + path)
    album.shoot("password-by-link")
    surfer.page.locator("#password").fill(NEW_PASSWORD)
    surfer.press("Save this password")
    surfer.expect_heading("Your password is set")
    album.shoot("password-done")
    surfer.page.goto(f"{site.issuer}/l/wrong")
    album.shoot("dead-link")
    surfer.start(app_of(surfer), acr_values=MFA)
    surfer.sign_in(name, NEW_PASSWORD)
    surfer.press("Send SMS to")
    surfer.expect_text("We sent a code to")
    surfer.page.goto(site.issuer + new_link(surfer, "sms-code", "/n/", "sms"))
    album.shoot("not-me")
    surfer.page.locator("#deny-submit").click()
    album.shoot("not-me-done")
    surfer.start(app_of(surfer))
    surfer.sign_in(name, NEW_PASSWORD)
    surfer.press("Send SMS to")
    surfer.enter_code(surfer.site.texted_code())
    surfer.expect_heading("Choose a new password")
    album.shoot("password-demanded")


def passkey_pages(album: Album) -> None:
    """A passkey is offered after a code, and used; a lost second step is set up by a ticket."""
    surfer, site = album.surfer, album.surfer.site
    name = f"wiremu-{album.name}"
    surfer.start(app_of(surfer), acr_values=MFA)
    surfer.sign_in(name)
    surfer.press("Send SMS to")
    surfer.enter_code(site.texted_code())
    surfer.expect_heading("Sign in faster next time")
    album.shoot("passkey-offer")
    surfer.press("Add a passkey")
    surfer.expect_heading("Add a passkey")
    album.shoot("passkey-offered")
    device = Device(surfer.page)
    surfer.press("Add a passkey")
    surfer.answer()
    surfer.page.goto(f"{site.issuer}/account/ways")
    surfer.press("Change or remove Passkey")
    surfer.expect_heading("Passkey")
    album.shoot("account-way-passkey")
    album.fresh()
    # A device that verifies its user would answer the quiet offer in the name field at once.
    device.verify(False)
    surfer.start(app_of(surfer), acr_values=MFA)
    surfer.sign_in(name)
    surfer.expect_heading("Use your passkey")
    album.shoot("passkey")
    device.unplug()
    album.fresh()
    with site.work() as work:
        person = people.by_name(work, name)
        assert person
        site.installation.tickets.issue(work, person, "totp")
    surfer.page.goto(site.issuer + new_link(surfer, "enrol-link", "/e/"))
    album.shoot("ticket")
    with site.work() as work:
        ngaio = people.by_name(work, f"ngaio-{album.name}")
        assert ngaio
        Helping(site.installation).confirm_address(work, OPERATOR, ngaio.id)
    surfer.page.goto(site.issuer + new_link(surfer, "confirm-link", "/c/"))
    album.shoot("confirm")
    surfer.page.goto(f"{site.issuer}/c/done")
    album.shoot("confirmed")


def refused_pages(album: Album) -> None:
    """Someone whose account is switched off, and someone who can set nothing up."""
    surfer = album.surfer
    surfer.start(app_of(surfer))
    surfer.sign_in("rewi")
    surfer.expect_heading("Your account is switched off")
    album.shoot("refused")
    album.fresh()
    surfer.start(app_of(surfer), claims=app_of(surfer).essential(MFA))
    surfer.sign_in(f"ngaio-{album.name}")
    surfer.expect_heading("You cannot sign in yet")
    album.shoot("refused-unconfirmed")
    album.fresh()
    surfer.start(app_of(surfer, "careful"))
    surfer.sign_in("ropata")
    surfer.expect_heading("Set up a second step first")
    album.shoot("refused-not-yet")


def guarded_pages(album: Album) -> None:
    """Someone who does not come to a page behind a proxy, and a sign-in on the way that ended."""
    surfer = album.surfer
    refused = f"{surfer.site.issuer}/forward/refused?client_id=wiki"
    surfer.page.goto(f"{refused}&why=not-done")
    album.shoot("guarded-not-done")
    surfer.start(app_of(surfer))
    surfer.sign_in("ropata")
    surfer.answer()
    surfer.page.goto(refused)
    album.shoot("guarded-not-yours")


def question_pages(album: Album) -> None:
    """What a bank asks behind the browser."""
    ciba_pages(album, APPLICATIONS["bank"])


def program_pages(album: Album) -> None:
    """What programmers read of the API."""
    surfer = album.surfer
    surfer.page.goto(f"{surfer.site.issuer}/api/v1/")
    album.shoot("api")


Walk = Callable[[Album], None]
PEOPLES: tuple[Walk, ...] = (
    sign_in_pages,
    enrolment_pages,
    own_pages,
    account_pages,
    detail_pages,
    address_pages,
    recovery_pages,
    link_pages,
    passkey_pages,
    refused_pages,
    guarded_pages,
    program_pages,
    device_pages,
    question_pages,
)
CONSOLES: tuple[Walk, ...] = (console_pages, people_pages, application_pages)
WALKS = (*PEOPLES, *CONSOLES)


def app_of(surfer: Surfer, client_id: str = "payroll") -> Application:
    """Return one of the applications that `populated` registered."""
    found = APPLICATIONS[client_id]
    found.redirect_uri = surfer.back.url
    return found


APPLICATIONS: dict[str, Application] = {}
Serve = Callable[[Site], AbstractContextManager[Any]]


@contextmanager
def populated(folder: Path, back: Callback, serve: Serve = Site.serve) -> Iterator[Site]:
    """A served installation with people, applications and a coming stage."""
    settings = {
        "sms__per_hour": 50,
        "sms__voice": "true",
        "mail__per_hour": 50,
        "passkeys__offer_every": DAY,
        "brand__support_email": "help@example.org",
        "brand__support_phone": "0800 123 456",
        "brand__support_hours": "Monday to Friday, 8 am to 5 pm",
        "brand__support_url": "https://help.example.org/second-step",
    }
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", **settings)
    site.person("tane", totp=site.secret(), sms=True, password=PASSWORD)
    site.person("auditor", sms=True, roles=frozenset({"auditor"}))
    for name in ALBUMS:
        site.person(f"aroha-{name}", user_type="nurse")
        site.person(f"hana-{name}")
        site.person(f"ngaio-{name}", verified=False)
        site.person(f"mara-{name}", sms=True, roles=frozenset({"admin"}))
        for who in ("mere", "pita", "kiri", "hemi", "wiremu"):
            site.person(f"{who}-{name}", sms=True)
    site.person("ropata")
    rewi = site.person("rewi")
    with site.work() as work:
        people.set_disabled(work, rewi, True)
    _offered(site)
    _looks_shared(site, site.person("reception", user_type="nurse", verified=False))
    site.stage("nurse", MFA, 30 * DAY)
    for client_id, first_party in (("payroll", True), ("partner", False)):
        APPLICATIONS[client_id] = site.application(
            client_id, redirect_uris=[back.url], first_party=first_party
        )
    APPLICATIONS["careful"] = site.application(
        "careful", redirect_uris=[back.url], min_acr=MFA, accepts_bootstrap=False
    )
    site.application(
        "wiki",
        redirect_uris=[],
        forward_origin="https://wiki.example.org",
        forward_paths={
            "/static": {"public": True},
            "/admin": {"acr": MFA, "max_age": 300, "groups": ["it", "night, shift"]},
        },
    )
    site.application(
        "wards", redirect_uris=[], forward_origin="https://wards.example.org", switched_off=True
    )
    APPLICATIONS["tool"] = site.application("tool", public=True, redirect_uris=[back.url])
    television(site)
    APPLICATIONS["bank"] = bank(site)
    payroll.registered(site)
    APPLICATIONS["clerk"] = site.application(
        "clerk",
        redirect_uris=[back.url],
        first_party=False,
        resource_scopes={payroll.AUDIENCE: [payroll.READ]},
        authorization_details_types=["pay_run"],
    )
    APPLICATIONS["newcomer"] = site.application(
        "newcomer", redirect_uris=[back.url], self_registered=True
    )
    with serve(site):
        yield site
    site.close()


def _offered(site: Site) -> None:
    """Everyone but wiremu was offered a passkey just now."""
    with site.work() as work:
        for person in people.everyone(work):
            if not person.username.startswith("wiremu"):
                next_sign_in.mark_offered(work, person.id)


def _looks_shared(site: Site, person_id: str) -> None:
    """Someone's account has signs of several people."""
    signs = Reason(Sign.NAME, 1, 30), Reason(Sign.ELSEWHERE, 14, 40)
    with site.work() as work:
        shared_profiles.put_score(work, person_id, Score(70, signs), clock.now() // DAY - 1)


def main() -> None:
    """Walk through all pages once for each width and scheme."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as temporary,
        callback() as back,
        populated(Path(temporary), back) as site,
        chromium.browser() as browser,
    ):
        for name in ALBUMS:
            album = Album(site, browser, back, folder, name)
            for walk in WALKS:
                walk(album)
                album.fresh()
            album.context.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main()
