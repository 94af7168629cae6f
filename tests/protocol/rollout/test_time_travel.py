"""A plan of a month, day by day: what each kind of person is mailed and meets at the door.

The plan: clinicians need a second step from day 24 on, are told from day 1 on, and may go on
without once; administrators may not. Managers are recommended one. The plan is stopped on day 28
and goes on on day 29. Every day begins with a look of the worker and ends with another; between
them everybody signs in, and says "later" wherever that can be said.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from idp import clock
from idp.rollout.mails import call_list
from idp.store import people
from idp.store.db.statements import Statement
from idp.store.rollout import exceptions, stages
from tests.protocol.rollout.mails.ahead import DAY, in_days, look
from tests.protocol.rollout.population import SMALL
from tests.support.site import MFA, Answer, Application, Browser, Site

TOLD, SETS_UP, BEGINS, LET_OFF, STOPPED, RESUMED, END = 1, 10, 24, 26, 28, 29, 31
EVENING = 12 * 3600
IN, OUT = "in", "held"


@dataclass(frozen=True)
class Kind:
    """A user type, and a state of what is set up."""

    user_type: str
    state: str

    @property
    def name(self) -> str:
        return f"{self.user_type}-{self.state}"


Row = tuple[int, str, str]
"""From which day on, the page after the password ("" for none), and how it ends."""
Mail = tuple[int, str]
"""On which day, and which one."""
AHEAD: tuple[Mail, ...] = (
    (TOLD, "announced"),
    (BEGINS - 21, "reminder"),
    (BEGINS - 7, "reminder"),
    (BEGINS - 1, "tomorrow"),
    (BEGINS, "today"),
)
RECOMMENDED: tuple[Mail, ...] = ((0, "announced"),)
NEVER = END


@dataclass(frozen=True)
class Told:
    """What the table says of a kind of person."""

    door: tuple[Row, ...]
    mails: tuple[Mail, ...] = ()
    called: int = NEVER
    """From which day on they stand on the list of whom to call, while the plan runs."""


def held(page: str, since: int) -> tuple[Row, ...]:
    """Return what someone meets who can or must do `page` first, from the day `since` on."""
    return (
        (0, "", IN),
        (TOLD, "announce", IN),
        (since, page, OUT),
        (STOPPED, "", IN),
        (RESUMED, page, OUT),
    )


CODE = Told(((0, "totp", IN),))
TEXT = Told(((0, "sms", IN),))
OFF = Told(((0, "refused", OUT),))
FREE = Told(((0, "", IN),))
SET_UP = Told(
    ((0, "", IN), (TOLD, "announce", IN), (SETS_UP, "totp", IN)),
    tuple(mail for mail in AHEAD if mail[0] < SETS_UP),
)
TABLE: dict[Kind, Told] = {
    Kind("clinician", "nothing"): Told(held("enrol/proof", BEGINS + 1), AHEAD),
    Kind("clinician", "unconfirmed"): Told(held("refused", BEGINS + 1), called=TOLD),
    Kind("clinician", "addressless"): Told(held("refused", BEGINS + 1), called=TOLD),
    Kind("clinician", "excepted"): Told(
        (
            (0, "", IN),
            (LET_OFF, "announce", IN),
            (LET_OFF + 1, "enrol/proof", OUT),
            (STOPPED, "", IN),
            (RESUMED, "enrol/proof", OUT),
        )
    ),
    Kind("clinician", "setting-up"): SET_UP,
    Kind("clinician", "app"): CODE,
    Kind("clinician", "texts"): TEXT,
    Kind("clinician", "disabled"): OFF,
    Kind("administrator", "nothing"): Told(held("enrol/proof", BEGINS), AHEAD),
    Kind("administrator", "unconfirmed"): Told(held("refused", BEGINS), called=TOLD),
    Kind("administrator", "setting-up"): SET_UP,
    Kind("administrator", "app"): CODE,
    Kind("administrator", "texts"): TEXT,
    Kind("administrator", "disabled"): OFF,
    Kind("manager", "nothing"): Told(
        ((0, "announce", IN), (STOPPED, "", IN), (RESUMED, "announce", IN)), RECOMMENDED
    ),
    Kind("manager", "unconfirmed"): Told(((0, "", IN),), called=0),
    Kind("manager", "setting-up"): Told(((0, "announce", IN), (SETS_UP, "totp", IN)), RECOMMENDED),
    Kind("manager", "app"): CODE,
    Kind("manager", "texts"): TEXT,
    Kind("manager", "disabled"): OFF,
    Kind("patient", "nothing"): FREE,
    Kind("patient", "unconfirmed"): FREE,
    Kind("patient", "app"): CODE,
    Kind("patient", "texts"): TEXT,
    Kind("patient", "disabled"): OFF,
}
_NO_ADDRESS = Statement("UPDATE person SET email = '', email_verified = :no WHERE id = :id")


@dataclass
class Day:
    """What one person got and met on a day."""

    mails: list[str] = field(default_factory=list)
    called: bool = False
    door: tuple[str, str] = ("", "")


class Month:
    """The plan, and one person of each kind."""

    def __init__(self, site: Site) -> None:
        self.site, self.app = site, site.application()
        site.advance(in_days(1) + 6 * 3600)
        begin: dict[str, Any] = {"announce_at": clock.now() + in_days(TOLD), "grace": 1}
        self.plan = [
            site.stage("clinician", MFA, in_days(BEGINS), **begin),
            site.stage("administrator", MFA, in_days(BEGINS), **begin),
            site.stage("manager", MFA, None, required=False),
        ]
        self.secrets = {kind: site.secret() for kind in TABLE}
        self.subs = {kind: self._add(kind) for kind in TABLE}
        self.read = 0

    def _add(self, kind: Kind) -> str:
        sub = self.site.person(
            kind.name,
            user_type=kind.user_type,
            totp=self.secrets[kind] if kind.state == "app" else None,
            sms=kind.state == "texts",
            verified=kind.state != "unconfirmed",
            roles=frozenset({"admin"} if kind.user_type == "administrator" else ()),
        )
        with self.site.work() as work:
            if kind.state == "addressless":
                work.run(_NO_ADDRESS, id=sub, no=False)
            if kind.state == "disabled":
                people.set_disabled(work, sub, True)
            if kind.state == "excepted":
                until = clock.now() + in_days(LET_OFF)
                why = {"reason": "on leave", "author": "tests"}
                exceptions.put(work, stage_id=self.plan[0], person_id=sub, until=until, **why)
        return sub

    def let(self, at: int | None) -> None:
        """Stop the whole plan, or let it go on."""
        with self.site.work() as work:
            for stage in stages.everything(work):
                assert stages.claim_change(work, replace(stage, stopped_at=at))

    def set_up(self) -> None:
        """Let those set up an app who do so during the month."""
        methods: Any = self.site.installation.signin.authenticators
        with self.site.work() as work:
            for kind in TABLE:
                if kind.state == "setting-up":
                    methods["totp"].add(work, self.subs[kind], self.secrets[kind])

    def day(self) -> dict[Kind, Day]:
        """Live through a day; return what it was for each."""
        met = {kind: Day() for kind in TABLE}
        look(self.site)
        for kind in TABLE:
            met[kind].door = self.meets(kind)
        self.site.advance(EVENING)
        look(self.site)
        for address, letter in self.new_mails():
            met[address].mails.append(letter)
        for kind in self.to_call():
            met[kind].called = True
        return met

    def new_mails(self) -> list[tuple[Kind, str]]:
        """Return what arrived since the last time, and for whom."""
        found = [m for m in self.site.messages("mail") if m["kind"].startswith("stage-")]
        new, self.read = found[self.read :], len(found)
        names = {f"{kind.name}@example.org": kind for kind in TABLE}
        return [(names[m["to"]], m["kind"].removeprefix("stage-")) for m in new]

    def to_call(self) -> list[Kind]:
        """Return who is on the list of whom to call."""
        kinds = {kind.name: kind for kind in TABLE}
        ahead = self.site.installation.notices
        with self.site.work() as work:
            return [
                kinds[one.row.username]
                for stage in stages.everything(work)
                for one in call_list.missing(work, ahead, stage)
            ]

    def meets(self, kind: Kind) -> tuple[str, str]:
        """Sign in; return the page that follows the password, and how it ends."""
        browser = self.site.browser()
        browser.authorize(self.app)
        answer = browser.sign_in(kind.name)
        page = urlsplit(answer.url).path.partition("/interaction/")[2].partition("/")[2]
        answers: dict[str, Callable[[], Answer]] = {
            "announce": lambda: browser.submit("/announce", decision="later"),
            "totp": lambda: browser.totp(self.secrets[kind]),
            "sms": lambda: self._texted(browser),
        }
        if ends(answer, self.app):
            return "", IN
        last = answers[page]() if page in answers else answer
        return page, IN if ends(last, self.app) else OUT

    def _texted(self, browser: Browser) -> Answer:
        browser.submit("/sms/send")
        return browser.submit("/sms", code=self.site.texted_code())


def ends(answer: Answer, app: Application) -> bool:
    """Return True if the application gets a code."""
    return answer.location.startswith(app.redirect_uri) and "code" in answer.query


def expected(kind: Kind, day: int) -> Day:
    """Return what the table says of a day."""
    told = TABLE[kind]
    door = next((page, how) for since, page, how in reversed(told.door) if since <= day)
    mails = [letter for on, letter in told.mails if on == day]
    runs = not STOPPED <= day < RESUMED
    return Day(mails, runs and told.called <= day, door)


def test_the_days_of_the_table_go_up() -> None:
    for told in TABLE.values():
        days = [since for since, _page, _how in told.door]
        assert days[0] == 0
        assert all(one < other for one, other in pairwise(days))
        assert all(one < other for one, other in pairwise(on for on, _letter in told.mails))


@pytest.mark.slow
def test_everyone_is_mailed_and_meets_every_day_what_the_table_says(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path}/acrux.db", **SMALL)
    month, wrong = Month(site), []
    for day in range(END):
        if day in (STOPPED, RESUMED):
            month.let(clock.now() if day == STOPPED else None)
        if day == SETS_UP:
            month.set_up()
        for kind, met in month.day().items():
            if met != expected(kind, day):
                wrong.append((day, kind.name, met, expected(kind, day)))
        site.advance(DAY - EVENING + 60)
    site.close()
    assert not wrong, "\n".join(map(str, wrong[:12]))
