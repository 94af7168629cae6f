"""A plan of a month, day by day: what each kind of person meets at the door, against a table.

The plan: clinicians need a second step from day 20 on, are told from day 5 on, and may go on
without once; administrators may not. Managers are recommended one. The plan is stopped on day 27
and goes on on day 29. Everybody signs in every day, and says "later" wherever that can be said.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from idp import clock
from idp.store import people
from idp.store.rollout import exceptions, stages
from tests.protocol.rollout.population import SMALL
from tests.support.site import MFA, Answer, Application, Browser, Site

DAY = 86400
TOLD, BEGINS, LET_OFF, STOPPED, RESUMED, END = 5, 20, 24, 27, 29, 31
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
CODE: tuple[Row, ...] = ((0, "totp", IN),)
TEXT: tuple[Row, ...] = ((0, "sms", IN),)
OFF: tuple[Row, ...] = ((0, "refused", OUT),)
FREE: tuple[Row, ...] = ((0, "", IN),)
TABLE: dict[Kind, tuple[Row, ...]] = {
    Kind("clinician", "nothing"): (
        (0, "", IN),
        (TOLD, "announce", IN),
        (BEGINS + 1, "enrol/proof", OUT),
        (STOPPED, "", IN),
        (RESUMED, "enrol/proof", OUT),
    ),
    Kind("clinician", "unconfirmed"): (
        (0, "", IN),
        (TOLD, "announce", IN),
        (BEGINS + 1, "refused", OUT),
        (STOPPED, "", IN),
        (RESUMED, "refused", OUT),
    ),
    Kind("clinician", "excepted"): (
        (0, "", IN),
        (LET_OFF, "announce", IN),
        (LET_OFF + 1, "enrol/proof", OUT),
        (STOPPED, "", IN),
        (RESUMED, "enrol/proof", OUT),
    ),
    Kind("clinician", "app"): CODE,
    Kind("clinician", "texts"): TEXT,
    Kind("clinician", "disabled"): OFF,
    Kind("administrator", "nothing"): (
        (0, "", IN),
        (TOLD, "announce", IN),
        (BEGINS, "enrol/proof", OUT),
        (STOPPED, "", IN),
        (RESUMED, "enrol/proof", OUT),
    ),
    Kind("administrator", "unconfirmed"): (
        (0, "", IN),
        (TOLD, "announce", IN),
        (BEGINS, "refused", OUT),
        (STOPPED, "", IN),
        (RESUMED, "refused", OUT),
    ),
    Kind("administrator", "app"): CODE,
    Kind("administrator", "texts"): TEXT,
    Kind("administrator", "disabled"): OFF,
    Kind("manager", "nothing"): ((0, "announce", IN), (STOPPED, "", IN), (RESUMED, "announce", IN)),
    Kind("manager", "unconfirmed"): FREE,
    Kind("manager", "app"): CODE,
    Kind("manager", "texts"): TEXT,
    Kind("manager", "disabled"): OFF,
    Kind("patient", "nothing"): FREE,
    Kind("patient", "unconfirmed"): FREE,
    Kind("patient", "app"): CODE,
    Kind("patient", "texts"): TEXT,
    Kind("patient", "disabled"): OFF,
}


class Month:
    """The plan, and one person of each kind."""

    def __init__(self, site: Site) -> None:
        self.site, self.app = site, site.application()
        begin: dict[str, Any] = {"announce_at": clock.now() + TOLD * DAY, "grace": 1}
        self.plan = [
            site.stage("clinician", MFA, BEGINS * DAY, **begin),
            site.stage("administrator", MFA, BEGINS * DAY, **begin),
            site.stage("manager", MFA, None, required=False),
        ]
        self.secrets = {kind.name: self._add(kind) for kind in TABLE}

    def _add(self, kind: Kind) -> str:
        secret = self.site.secret()
        sub = self.site.person(
            kind.name,
            user_type=kind.user_type,
            totp=secret if kind.state == "app" else None,
            sms=kind.state == "texts",
            verified=kind.state != "unconfirmed",
            roles=frozenset({"admin"} if kind.user_type == "administrator" else ()),
        )
        with self.site.work() as work:
            if kind.state == "disabled":
                people.set_disabled(work, sub, True)
            if kind.state == "excepted":
                until = clock.now() + LET_OFF * DAY
                why = {"reason": "on leave", "author": "tests"}
                exceptions.put(work, stage_id=self.plan[0], person_id=sub, until=until, **why)
        return secret

    def let(self, at: int | None) -> None:
        """Stop the whole plan, or let it go on."""
        with self.site.work() as work:
            for stage in stages.everything(work):
                assert stages.claim_change(work, replace(stage, stopped_at=at))

    def meets(self, kind: Kind) -> tuple[str, str]:
        """Sign in; return the page that follows the password, and how it ends."""
        browser = self.site.browser()
        browser.authorize(self.app)
        answer = browser.sign_in(kind.name)
        page = urlsplit(answer.url).path.partition("/interaction/")[2].partition("/")[2]
        answers: dict[str, Callable[[], Answer]] = {
            "announce": lambda: browser.submit("/announce", decision="later"),
            "totp": lambda: browser.totp(self.secrets[kind.name]),
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


def expected(kind: Kind, day: int) -> tuple[str, str]:
    """Return what the table says of a day."""
    return next((page, how) for since, page, how in reversed(TABLE[kind]) if since <= day)


def test_the_days_of_the_table_go_up() -> None:
    for rows in TABLE.values():
        days = [since for since, _page, _how in rows]
        assert days[0] == 0
        assert all(one < other for one, other in pairwise(days))


def test_everyone_meets_every_day_what_the_table_says(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path}/acrux.db", **SMALL)
    month, wrong = Month(site), []
    site.advance(60)
    for day in range(END):
        if day in (STOPPED, RESUMED):
            month.let(clock.now() if day == STOPPED else None)
        for kind in TABLE:
            met = month.meets(kind)
            if met != expected(kind, day):
                wrong.append((day, kind.name, met, expected(kind, day)))
        site.advance(DAY + 60)
    site.close()
    assert not wrong, "\n".join(map(str, wrong[:12]))
