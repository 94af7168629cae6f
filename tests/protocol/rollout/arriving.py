"""A person signs in by the pages, with all that they have: how far do they come?

The engine says which step it is; the person answers on its page, and has every way tried before
giving up. Where grace is left and the set-up cannot be done, it is put off until none is left.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from idp.policy.readiness import State
from idp.policy.steps import (
    Announce,
    Authenticate,
    Done,
    Enrol,
    EnrolmentProof,
    Identify,
    Keep,
    Offer,
    Refuse,
    Renew,
    Step,
)
from idp.signin import sessions
from tests.protocol.rollout.population import Drawn
from tests.support.site import Answer, Application, Site
from tests.support.stand_ins import authenticator

ANOTHER = "a quite different teapot waltz"
_MOST = 30


@dataclass
class Came:
    """How far a person came."""

    state: State
    method: str = ""
    """What was proved last, beside the password."""
    obstacles: tuple[str, ...] = ()
    """What the page named that ended it; () where an answer was not taken."""


class Arrival:
    """One person at the door of one application."""

    def __init__(self, site: Site, app: Application, who: Drawn) -> None:
        self._site, self._app, self._who = site, app, who
        self._secret = who.app
        self._added = False
        self._method = ""

    def come(self) -> Came:
        """Sign in, and again where a set-up was put off: until it is clear how it ends."""
        while True:
            came = self._once()
            if came is not None:
                return came

    def _once(self) -> Came | None:
        self._browser = site_browser = self._site.browser()
        self._soft = authenticator.device(site_browser)
        self._soft.keys.extend(self._who.keys)
        self._postponed = False
        self._done = False
        self._seen(site_browser.authorize(self._app))
        for _ in range(_MOST):
            step = self._step()
            if step is None:
                return None if self._postponed else Came(self._state(), self._method)
            if isinstance(step, Refuse):
                return Came(State.STUCK, obstacles=tuple(o.value for o in step.obstacles))
            if not self._answer(step):
                return Came(State.STUCK)
        raise AssertionError(f"{self._who} never comes to an end: {site_browser.at.url}")

    def _state(self) -> State:
        return State.ASKED if self._added else State.READY

    def _step(self) -> Step | None:
        """Return whose turn it is; None when the sign-in is over."""
        found = re.match(r"/interaction/([^/]+)", urlsplit(self._browser.at.url).path)
        if self._done or not found:
            return None
        self._base = found[0]
        signin = self._site.installation.signin
        with self._site.work() as work:
            cookie = self._browser.http.cookies()["acrux"]
            session = sessions.read(work, cookie, self._site.installation.settings.session)
            interaction = signin.load(work, found[1], session)
            return None if interaction is None else signin.next_step(work, interaction)

    def _answer(self, step: Step) -> bool:
        """Answer a step; False when no way of it took an answer."""
        browser = self._browser
        match step:
            case Identify() | Authenticate(begins=True):
                return self._begin(step)
            case Authenticate(methods=methods):
                return any(self._prove(method, step) for method in methods)
            case Enrol(confirm=EnrolmentProof()):
                return self._confirm(step)
            case Enrol(methods=methods):
                return any(self._set_up(method, step) for method in methods)
            case Renew():
                return self._renew(step)
            case Keep():
                return self._went(step, lambda: browser.submit("/keep"))
            case Done():
                return self._went(step, lambda: browser.submit("/done", decision="later"))
            case Announce(obstacles=missing, left=left):
                self._postponed = left is not None and bool(missing)
                decision = "later" if missing or left is None else "now"
                return self._went(step, lambda: browser.submit("/announce", decision=decision))
            case Offer():
                return self._went(step, lambda: browser.submit("/offer", decision="later"))
        raise AssertionError(f"{step} is not expected")

    # -- answers

    def _went(self, step: Step, call: Callable[[], Answer]) -> bool:
        """Send an answer; True when it was taken."""
        self._seen(call())
        return self._done or self._step() != step

    def _seen(self, answer: Answer) -> None:
        self._done = answer.location.startswith(self._app.redirect_uri)
        assert not self._done or "code" in answer.query, answer.query

    def _begin(self, step: Step) -> bool:
        browser, who = self._browser, self._who
        if who.password and self._went(step, lambda: browser.sign_in(who.name)):
            return True
        if not who.keys or "data-options" not in browser.at.text:
            return False
        self._method = "webauthn"
        return self._went(step, lambda: authenticator.use(browser, self._soft))

    def _renew(self, step: Step) -> bool:
        """Choose a new password, here or by the link that is mailed: with that they are through."""
        browser = self._browser
        if "/renew/send" not in browser.at.text:
            return self._went(step, lambda: browser.submit("/renew", password=ANOTHER))
        browser.submit("/renew/send")
        assert self._site.installation.post.settle(30)
        self._done = bool(self._site.messages("mail"))
        return self._done

    def _prove(self, method: str, step: Step) -> bool:
        browser = self._browser
        browser.open(f"{self._base}/{method}")
        calls: dict[str, Callable[[], Answer]] = {
            "totp": lambda: browser.totp(self._secret or ""),
            "sms": lambda: self._texted("/sms"),
            "webauthn": lambda: authenticator.use(browser, self._soft),
            "recovery": lambda: browser.submit("/recovery", code=self._who.recovery[0]),
        }
        if not self._went(step, calls[method]):
            return False
        self._method = method
        return True

    def _confirm(self, step: Step) -> bool:
        def sent() -> Answer:
            page = self._browser.open(f"{self._base}/enrol/proof")
            if "Send code to" in page.text:
                page = self._browser.submit("/enrol/proof/send")
            code = self._code("mail", "address-code") or self._code("sms", "sms-proof-code")
            return self._browser.submit("/enrol/proof", code=code) if code else page

        return self._went(step, sent)

    def _set_up(self, method: str, step: Step) -> bool:
        browser = self._browser
        page = browser.open(f"{self._base}/enrol/{method}")

        def scanned() -> Answer:
            secret = re.search(r"secret=([A-Z2-7]+)", page.text)
            assert secret, page.heading
            self._secret = secret[1]
            return browser.submit("/enrol/totp", code=self._site.code(self._secret))

        calls: dict[str, Callable[[], Answer]] = {
            "totp": scanned,
            "sms": lambda: self._texted("/enrol/sms"),
            "webauthn": lambda: authenticator.add(browser, self._soft),
        }
        if not self._went(step, calls[method]):
            return False
        self._added = True
        return True

    def _texted(self, path: str) -> Answer:
        answer = self._browser.submit(f"{path}/send")
        code = self._code("sms", "sms-code")
        return self._browser.submit(path, code=code) if code else answer

    def _code(self, channel: str, kind: str) -> str | None:
        """Return the code of a message that came, if one did, and throw the messages away."""
        assert self._site.installation.post.settle(30)
        found = None
        for message in self._site.messages(channel):
            digits = re.search(r"\b\d{6}\b", message["body"])
            if message["kind"] == kind and digits:
                found = digits[0]
        for file in (self._site.folder / channel).glob("*.json"):
            file.unlink()
        return found
