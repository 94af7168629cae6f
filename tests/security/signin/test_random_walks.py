"""Whatever order an attacker chooses, a code says only what was truly proved in its sign-in.

The attacker has five accounts with all passwords, phones and mailboxes, and mixes them up in one
interaction. The model is naive on purpose: it notes whose right answers were ever given since the
account was last switched. A code may claim no more than they allow; less is always fine.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.security.serving.crowd import base, new_name
from tests.support.site import MFA, MFA_APP, PASSWORD, Answer, Application, Browser, Site

GETS = ["", "/login", "/totp", "/sms", "/consent", "/announce", "/enrol", "/enrol/proof"]
GETS += ["/enrol/totp", "/enrol/sms", "/done", "/keep"]
POSTS = ["/password", "/totp", "/sms", "/sms/send", "/enrol/proof", "/enrol/proof/send"]
POSTS += ["/enrol/totp", "/enrol/sms", "/enrol/sms/send", "/enrol/later"]
POSTS += ["/done", "/keep", "/keep/later"]
PHONES = {"plain": "3", "plain2": "4", "app": "5", "text": "6", "text2": "7"}

who = st.sampled_from(list(PHONES))
# Mostly honest steps, or hardly any walk would get anywhere.
KINDS = ["go_on"] * 5 + ["begin", "reuse", "switch"] * 3
KINDS += ["password", "blindly", "resume", "look", "wrong"]


@st.composite
def actions(draw: st.DrawFn) -> tuple[str, ...]:
    """Draw one action of a walk and what it is about."""
    kind = draw(st.sampled_from(KINDS))
    about = {"password": who, "switch": who, "look": st.sampled_from(GETS)}
    about["wrong"] = st.sampled_from(POSTS)
    return (kind, draw(about[kind])) if kind in about else (kind,)


@pytest.fixture(scope="module")
def walked_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation where nothing is held back, with a stage that staff are told of."""
    folder = tmp_path_factory.mktemp("walks")
    limits = dict.fromkeys(("throttle__free", "throttle__source_limit"), 1_000_000)
    limits |= dict.fromkeys(("sms__per_hour", "mail__per_hour"), 1_000_000)
    found = Site(folder, f"sqlite:///{folder / 'acrux.db'}", **limits)
    found.stage("staff", MFA, 7 * 86400)
    yield found
    found.close()


@dataclass
class Walk:
    """One attacker in one sign-in. `given` holds (whose, what) of every right answer."""

    site: Site
    browser: Browser
    here: str
    usernames: dict[str, str]
    people: dict[str, str]
    secret: str
    given: set[tuple[str, str]] = field(default_factory=set)
    known: str = ""
    """Who was identified: the first right password after a switch."""
    granted: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    """Who ever gave the code from their own mailbox."""
    codes: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    """What had been given when each authorization code came."""
    shown: str = ""

    def get(self, path: str) -> None:
        self._note(self.browser.get(f"{self.here}{path}"))

    def post(self, path: str, **form: str) -> None:
        self._note(self.browser.post(self.here + path, **form))

    def _note(self, answer: Answer) -> None:
        assert answer.status < 500
        if "code" in answer.query:
            self.codes.setdefault(answer.query["code"], frozenset(self.given))
        found = re.search(r"secret=([A-Z2-7]{32})", answer.text)
        self.shown = found.group(1) if found else self.shown

    # -- what may be done

    def password(self, who: str) -> None:
        self.given.add((who, "pwd"))
        self.known = self.known or who
        self.post("/password", username=self.usernames[who], password=PASSWORD)

    def switch(self, who: str) -> None:
        self.given.clear()
        self.known = ""
        self.post("/switch")
        self.password(who)

    def begin(self) -> None:
        """Do the first half of what the page asks: let a code be sent, see the QR code."""
        page = self._page()
        if page in ("/sms", "/enrol/proof", "/enrol/sms"):
            self.post(f"{page}/send")
        elif page == "/enrol":
            self.get("/enrol/totp")
            self.post("/enrol/sms/send")

    def go_on(self) -> None:
        """Answer the page as an honest person would."""
        page = self._page()
        match page:
            case "/login":
                self.password("plain")
            case "/totp":
                self._app_code()
            case "/enrol":
                self.get("/enrol/totp")
                self._new_app()
            case "/consent":
                self.granted.add(self.known)
                self.post(page, decision="allow")
            case "/announce":
                self.post(page, decision="now")
            case "/done":
                self.post(page, decision="later")
            case "/sms" | "/enrol/proof":
                self.begin()
                self._sent("mail" if page == "/enrol/proof" else "sms", page)

    def reuse(self) -> None:
        """Answer the page with whatever code is at hand, to whomever it was sent or shown."""
        page = self._page()
        for path in [f"{page}/totp", f"{page}/sms"] if page == "/enrol" else [page]:
            match path:
                case "/enrol/totp":
                    self._new_app()
                case "/enrol/sms" | "/sms":
                    self._sent("sms", path)
                case "/enrol/proof":
                    self._sent("mail", path)

    def blindly(self) -> None:
        """Give every answer at hand without looking at the page."""
        self._app_code()
        self._sent("sms", "/sms")
        self._sent("mail", "/enrol/proof")
        self._new_app()

    def resume(self) -> None:
        self._note(self.browser.get(self.here.replace("/interaction", "/authorize/resume")))

    def look(self, path: str) -> None:
        self.get(path)

    def wrong(self, path: str) -> None:
        self.post(path, username="nobody", password="not it", code="000000", decision="later")

    # -- how

    def _page(self) -> str:
        location = self.browser.get(self.here).location
        return location.removeprefix(self.here) if location.startswith(self.here) else ""

    def _app_code(self) -> None:
        self.given.add(("app", "otp"))
        self.post("/totp", code=self.site.code(self.secret))

    def _new_app(self) -> None:
        if self.shown:
            self.given.add(("anybody", "new app"))
            self.post("/enrol/totp", code=self.site.code(self.shown))

    def _sent(self, channel: str, path: str) -> None:
        """Answer with the newest code, to whomever it was sent."""
        found = [m for m in self.site.messages(channel) if m["kind"].endswith("-code")]
        if not found:
            return
        to = found[-1]["to"]
        who = next(w for w, d in PHONES.items() if to in (self._mail(w), f"+6421123000{d}"))
        self.given.add((who, channel))
        if channel == "mail":
            self.confirmed.add(who)
        code = re.search(r"\b(\d{6})\b", found[-1]["body"])
        assert code
        self.post(path, code=code.group(1))

    def _mail(self, who: str) -> str:
        return f"{self.usernames[who]}@example.org"


def _start(site: Site, app: Application, request: dict[str, Any]) -> Walk:
    secret = site.secret()
    usernames = {role: new_name(f"{role}-") for role in PHONES}
    people = {
        role: site.person(
            usernames[role],
            totp=secret if role == "app" else None,
            sms=role.startswith("text"),
            phone=f"+6421123000{digit}",
            user_type="staff" if role == "plain2" else "user",
        )
        for role, digit in PHONES.items()
    }
    for channel in ("sms", "mail"):
        for file in (site.folder / channel).glob("*.json"):
            file.unlink()
    browser = site.browser()
    browser.authorize(app, **request)
    return Walk(site, browser, base(browser), usernames, people, secret)


def _check(walk: Walk, app: Application, code: str, *, mfa: bool, consent: bool) -> None:
    token = walk.site.redeem(app, code)
    assert token.status == 200
    given = walk.codes[code]
    claims = walk.site.id_token(token.json["id_token"])
    who = next(role for role, person in walk.people.items() if person == claims["sub"])
    amr = set(claims["amr"])
    assert (who, "pwd") in given
    if "sms" in amr:
        assert (who, "sms") in given
    if "otp" in amr:
        assert (("app", "otp") if who == "app" else ("anybody", "new app")) in given
    strong = claims["acr"] in (MFA, MFA_APP)
    assert strong == ("mfa" in amr) == (len(amr) >= 3)
    assert strong or not (mfa or who in ("app", "text", "text2"))
    assert claims["acr"] != MFA_APP or "otp" in amr
    if consent:
        assert who in walk.granted
    for role, person in walk.people.items():
        if walk.site.events(kind="person:factor:added", person=person):
            assert role in walk.confirmed


@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    first=who,
    steps=st.lists(actions(), min_size=3, max_size=12),
    mfa=st.booleans(),
    consent=st.booleans(),
)
def test_a_walk_in_any_order_ends_in_a_code_only_with_its_proofs(
    walked_site: Site, first: str, steps: list[tuple[str, ...]], mfa: bool, consent: bool
) -> None:
    app = walked_site.application(new_name("app"), first_party=not consent)
    walk = _start(walked_site, app, {"claims": app.essential(MFA)} if mfa else {})
    walk.password(first)
    for action, *which in steps:
        if not walk.codes:
            getattr(walk, action)(*which)
    walk._note(walk.browser.open(walk.here))
    assert len(walk.codes) <= 1
    for code in walk.codes:
        _check(walk, app, code, mfa=mfa, consent=consent)
