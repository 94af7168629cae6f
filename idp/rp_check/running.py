"""A check from its first sign-in to its report.

Whether an application took a sign-in is seen on one of its pages: as it is for whoever signed in
rightly (the first control), and not as it is for nobody (the second). Where the two look alike
nothing is told, and the check says so; the right sign-in is tried again at the end, so that an
application that refuses everything meanwhile is not praised.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from idp.rp_check.asked import Asked, NotCheckedError
from idp.rp_check.cases import Case
from idp.rp_check.faults import Delivery, Fault
from idp.rp_check.provider import Provider
from idp.rp_check.walk import Browser, Page


class Verdict(Enum):
    """What came of a case."""

    REFUSED = "refused"
    ACCEPTED = "accepted"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Result:
    """One case, and what the application made of it."""

    case: Case
    verdict: Verdict
    why: str = ""
    """Why it was left out."""


@dataclass(frozen=True)
class Report:
    """What is known of an application afterwards."""

    client_id: str
    start: str
    results: tuple[Result, ...]
    asked: Asked
    reads_userinfo: bool

    def accepted(self) -> tuple[Result, ...]:
        """Return what it took and must not take."""
        return tuple(
            one for one in self.results if one.verdict is Verdict.ACCEPTED and one.case.must
        )

    def as_values(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "client_id": self.client_id,
            "application": self.start,
            "asks": {
                "state": self.asked.state is not None,
                "nonce": self.asked.nonce is not None,
                "pkce": self.asked.challenge_method if self.asked.code_challenge else None,
                "acr": list(self.asked.acrs),
                "max_age": self.asked.max_age,
                "userinfo": self.reads_userinfo,
            },
            "cases": [_values(one) for one in self.results],
            "accepted": [one.case.name for one in self.accepted()],
        }


def _values(one: Result) -> dict[str, Any]:
    case = {name: asdict(one.case)[name] for name in ("name", "says", "source", "must")}
    return case | {"verdict": one.verdict.value, "why": one.why or None}


@dataclass(frozen=True)
class Application:
    """What is checked."""

    client_id: str
    redirect_uris: tuple[str, ...]
    start: str
    """The address that begins a sign-in."""
    page: str
    """The address that shows who is signed in."""


class Check:
    """A check of one application."""

    def __init__(
        self,
        provider: Provider,
        browser: Callable[[], Browser],
        application: Application,
    ) -> None:
        self._provider = provider
        self._browser = browser
        self._client_id = application.client_id
        self._redirect_uris = application.redirect_uris
        self._start = application.start
        self._page = application.page
        self._right: Page | None = None
        self._marks: tuple[str, ...] = ()

    def is_ready(self) -> bool:
        """Return True if the application begins a sign-in at this provider."""
        try:
            self._asks(self._browser())
        except NotCheckedError:
            return False
        return True

    def run(self, cases: Iterable[Case], tell: Callable[[Result], None]) -> Report:
        """Try each case; `tell` hears of each at once.

        Raises:
            NotCheckedError: not even a right sign-in works, or it cannot be told from none.
        """
        asked, told = self._controls()
        results = []
        for case in cases:
            results.append(self._try(case, asked, told))
            tell(results[-1])
        if not self._signed_in(self._walk(Fault())[0]):
            raise NotCheckedError(
                "it no longer takes a right sign-in either: it may have blocked this check"
            )
        return Report(self._client_id, self._start, tuple(results), asked, told)

    def _controls(self) -> tuple[Asked, bool]:
        browser = self._browser()
        asked = self._asks(browser)
        code, answer = self._provider.issue(asked)
        landed = browser.bring(asked, answer)
        issued = self._provider.issued(code)
        if not issued.answered:
            raise NotCheckedError(
                f"a right sign-in does not work: its code was not exchanged"
                f" (the application answered {landed.status} at {landed.place})"
            )
        self._right, nobody = browser.get(self._page), self._browser().get(self._page)
        person = self._provider.person
        self._marks = tuple(
            mark
            for mark in (person.sub, person.email, person.name)
            if mark in self._right.text and mark not in nobody.text
        )
        if self._right.asked or self._signed_in(nobody):
            raise NotCheckedError(
                f"{self._page} looks the same for somebody who signed in and for nobody: name a"
                " page that shows who is signed in (--page)"
            )
        return asked, issued.told

    def _signed_in(self, page: Page) -> bool:
        """Return True if `page` is as it is for whoever signed in."""
        right = self._right
        assert right
        same = (page.status, page.place, page.asked) == (right.status, right.place, None)
        return same and all(mark in page.text for mark in self._marks)

    def _asks(self, browser: Browser) -> Asked:
        """Begin a sign-in, and return what the application asks for."""
        found = browser.get(self._start)
        if found.asked is None:
            raise NotCheckedError(
                f"{self._start} leads to {found.place} ({found.status}), not to this provider:"
                " is its issuer set, and does this address begin a sign-in?"
            )
        if found.asked.client_id != self._client_id:
            raise NotCheckedError(f"it calls itself {found.asked.client_id!r}")
        if found.asked.redirect_uri not in self._redirect_uris:
            raise NotCheckedError(f"its redirect_uri is not registered: {found.asked.redirect_uri}")
        return found.asked

    def _try(self, case: Case, asked: Asked, told: bool) -> Result:
        why = case.fits(asked)
        if case.group == "userinfo" and not told:
            why = "it asks for no userinfo"
        if why:
            return Result(case, Verdict.LEFT_OUT, why)
        try:
            page, took = self._walk(case.fault)
        except NotCheckedError as error:
            return Result(case, Verdict.LEFT_OUT, str(error))
        if case.fault.delivery is Delivery.AGAIN:
            accepted = took
        else:
            accepted = self._signed_in(page)
        return Result(case, Verdict.ACCEPTED if accepted else Verdict.REFUSED)

    def _walk(self, fault: Fault) -> tuple[Page, bool]:
        """Sign in with a fault; return the page then, and whether the last code was taken."""
        self._provider.fault = fault
        try:
            return self._delivered(fault)
        finally:
            self._provider.fault = Fault()

    def _delivered(self, fault: Fault) -> tuple[Page, bool]:
        browser = self._browser()
        asked = self._asks(browser)
        # A code that another browser's request was answered with.
        other = self._asks(self._browser()) if fault.injected else asked
        code, answer = self._provider.issue(other)
        if fault.injected and asked.state is not None:
            answer |= {"state": asked.state}
        if fault.delivery is Delivery.WITHOUT_A_REQUEST:
            browser = self._browser()
        elif fault.delivery is Delivery.TO_ANOTHER:
            browser = self._browser()
            self._asks(browser)
        browser.bring(asked, answer)
        if fault.delivery is Delivery.AGAIN:
            code, answer = self._provider.issue(asked)
            browser.bring(asked, answer)
        return browser.get(self._page), self._provider.issued(code).redeemed
