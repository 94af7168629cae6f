"""Lives one sign-in and keeps what passes in docs/life-of-a-sign-in.md: `make life`.

The product runs in a folder of its own with a clock that moves half a minute from one request to
the next. What is drawn at random is shown as an invented value, always the same, so that a test can
compare the page with a new run.
"""

import base64
import hashlib
import json
import re
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from idp import clock
from idp.policy import decide, ending
from idp.policy.case import Case
from idp.policy.steps import Step
from idp.store.events import EventRow
from tests.support.applications.application import Application
from tests.support.browser import Answer, Browser
from tests.support.site import MFA, Site

PAGE = Path(__file__).resolve().parents[1] / "docs/life-of-a-sign-in.md"
ISSUER = "https://id.example.org"
REDIRECT_URI = "https://payroll.example.org/callback"
PASSWORD = "an invented password"
CODE = "492817"
BEGINS = 1796029200
"""2026-11-30T09:00:00Z: when the sign-in on the page begins."""
BETWEEN = 30
"""Seconds from one request to the next: every lifetime is a multiple, and so is an app's step."""
_LETTERS = r"[\w-]{22}|[\w-]{43}|[\w-]{54}|(?:[\w-]{20,}\.){2}[\w-]{20,}"
RANDOM = re.compile(rf"(?<![\w.-])(?:{_LETTERS})(?![\w.-])")
"""What is drawn at random, known by its length: ids, digests, codes, verifiers, tokens."""
SECONDS = re.compile(r"\b1[6-9]\d{8}\b")
WRITTEN = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
WIDE = 92
"""Letters of a value on one line."""
STATION = re.compile(r"(<!-- life: ([\w-]+) -->\n```(?:\w+)\n).*?(^```$)", re.M | re.S)


class Life:
    """One sign-in, request by request, and what is to be seen at each station."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.began = clock.now()
        self.stations: dict[str, str] = {}
        self._walk: list[tuple[str, Step | None]] = []
        self._known = {site.issuer: ISSUER}

    def live(self) -> None:
        """Sign in, and take the tokens."""
        secret, browser = self.site.secret(), self.site.browser()
        self.site.person("tane", password=PASSWORD, totp=secret)
        app = self.site.application("payroll", redirect_uris=[REDIRECT_URI])
        with self._overheard():
            self._ask(browser, app)
            self._password(browser)
            self._totp(browser, secret)
            code = self._finish(browser)
        self._tokens(app, code)
        self._keep("events", "\n\n".join(map(self._event, reversed(self.site.events()))))

    def _ask(self, browser: Browser, app: Application) -> None:
        wish = app.request(claims=app.essential(MFA), state="x7", nonce="n5")
        self._keep("request", _lines(wish))
        self._next(browser.get("/authorize", **wish), "first-answer")
        self._walked("first-step")
        row = self._row("interaction")
        demand = json.loads(row.pop("request"))
        self._keep("demand", _json(_filled(demand)))
        self._keep("interaction", _lines(row))
        self.page = browser.open(self.to).url

    def _password(self, browser: Browser) -> None:
        form = {"username": "tane", "password": PASSWORD}
        self._keep("password", _lines(form))
        self._next(browser.post(self.page.replace("/login", "/password"), **form), "proved")
        self._keep("password-proof", _lines(self._row("proof")))
        row = self._row("interaction")
        self._keep("identified", _lines({name: row[name] for name in ("person_id", "username")}))
        self._walked("second-step")
        browser.open(self.to)

    def _totp(self, browser: Browser, secret: str) -> None:
        code = self.site.code(secret)
        self._known[code] = CODE
        self._keep("totp", _lines({"code": code}))
        self._next(browser.post(self.to, code=code), "totp-answer")
        self._keep("totp-proof", _lines(self._row("proof")))
        self._walked("last-step")

    def _finish(self, browser: Browser) -> str:
        answer = browser.get(self.to)
        fields = answer.query
        self._draw(fields["session_state"])
        self._keep("response", f"{answer.status} {REDIRECT_URI}\n\n{_lines(fields)}")
        self._keep("claimed", _lines({"claimed_at": self._row("interaction")["claimed_at"]}))
        row = self._row("authorization")
        basis = json.loads(row.pop("basis"))
        self._keep("authorization", _lines(row))
        self._keep("basis", _json(basis))
        self._keep("session", _lines(self._row("session")))
        self._wait()
        return fields["code"]

    def _tokens(self, app: Application, code: str) -> None:
        self._keep("token-request", _lines(app.redemption(code)))
        answer = self.site.redeem(app, code).json
        self._keep("token-response", _json(answer))
        head = answer["id_token"].partition(".")[0]
        header = json.loads(base64.urlsafe_b64decode(head + "=="))
        claims = self.site.id_token(answer["id_token"])
        self._draw(header["kid"])
        self._draw(claims["jti"])
        self._keep("header", _json(header))
        self._keep("claims", _json(claims))
        self._keep("token", _lines(self._row("token")))
        leaf = json.loads(self._row("ledger_leaf")["body"])
        self._keep("leaf", _json(leaf | {"basis": "…"}))

    # -- what is kept of it

    def _keep(self, station: str, shown: str) -> None:
        """Keep what is to be seen, with invented values for what is another in each run."""
        for real, invented in self._known.items():
            # Whole: the first half of one value is another one (`at_hash` of an access token).
            shown = re.sub(rf"(?<![\w.-]){re.escape(real)}(?![\w.-])", invented, shown)
        shown = RANDOM.sub(lambda found: self._draw(found.group()), shown)
        shown = SECONDS.sub(lambda found: str(self._moment(int(found.group()))), shown)
        self.stations[station] = WRITTEN.sub(lambda found: self._written(found.group()), shown)

    def _draw(self, real: str) -> str:
        """Return the invented value of what was drawn at random, and remember it."""
        if real not in self._known:
            digest = hashlib.sha256(str(len(self._known)).encode()).digest()
            start = "eyJ" if real.startswith("eyJ") else ""
            self._known[real] = start + base64.urlsafe_b64encode(digest).decode()[:6] + "…"
        return self._known[real]

    def _moment(self, at: int) -> int:
        return BEGINS + (at - self.began) // BETWEEN * BETWEEN

    def _written(self, at: str) -> str:
        return clock.iso(self._moment(int(datetime.fromisoformat(at).timestamp())))

    def _next(self, answer: Answer, station: str) -> None:
        """Keep an answer, note where it leads, and let half a minute pass."""
        told = [f"{answer.status} {answer.location}"]
        for cookie in (value for name, value in answer.headers if name == "Set-Cookie"):
            value = cookie.partition("=")[2].partition(";")[0]
            told.append(f"Set-Cookie: {cookie.replace(value, self._draw(value))}")
        self._keep(station, "\n".join(told))
        self.to = answer.location
        self._wait()

    def _wait(self) -> None:
        past = (clock.now() - self.began) // BETWEEN + 1
        self.site.advance(self.began + past * BETWEEN - clock.now())

    def _row(self, table: str) -> dict[str, Any]:
        """Return the newest row of a table."""
        with self.site.installation.engine.connect() as connection:
            rows = connection.execute(text(f'SELECT * FROM "{table}" ORDER BY rowid DESC'))
            found = dict(rows.mappings().first() or {})
        if found.get("tag"):
            found["tag"] = self._draw(found["tag"].hex())
        return found

    @staticmethod
    def _event(row: EventRow) -> str:
        names = ("at", "kind", "sid", "requested", "acr", "amr", "auth_time", "reason", "data")
        shown = {name: getattr(row, name) for name in names if getattr(row, name)}
        return _lines(shown | {"amr": " ".join(row.amr)} if row.amr else shown)

    # -- what the policy says

    @contextmanager
    def _overheard(self) -> Iterator[None]:
        """Note what each check of the policy says, in the walks that the product makes."""
        checks, last = decide.CHECKS, ending.finish
        decide.CHECKS = tuple(map(self._noting, checks))  # type: ignore[assignment]
        ending.finish = self._noting(last)  # type: ignore[assignment]
        try:
            yield
        finally:
            decide.CHECKS, ending.finish = checks, last

    def _noting(self, check: Callable[[Case], Step | None]) -> Callable[[Case], Step | None]:
        def noted(case: Case) -> Step | None:
            if check.__name__ == "refused":
                self._walk.clear()
            said = check(case)
            self._walk.append((check.__name__, said))
            return said

        return noted

    def _walked(self, station: str) -> None:
        self._keep(station, _lines({name: step or "-" for name, step in self._walk}))


def _lines(values: Mapping[str, Any]) -> str:
    """Return a value a line, long ones over several."""
    widest, found = max(map(len, values)), []
    for name, value in values.items():
        said = "NULL" if value is None else str(value)
        # What is drawn at random may hold hyphens, and is known again only as a whole.
        wrapped = textwrap.wrap(said, WIDE, break_on_hyphens=False) or [""]
        for start, line in zip((name, *[""] * len(wrapped)), wrapped, strict=False):
            found.append(f"{start:<{widest}}  {line}".rstrip())
    return "\n".join(found)


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    """Return the members that are not empty."""
    found = {k: _filled(v) if isinstance(v, dict) else v for k, v in values.items()}
    return {name: value for name, value in found.items() if value}


def _json(value: Any) -> str:
    """Return JSON with short lists on one line."""
    shown = json.dumps(value, indent=2, ensure_ascii=False)
    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda f: f"[{' '.join(f[1].split())}]", shown)


def lived(folder: Path) -> dict[str, str]:
    """Live a sign-in in an empty folder; return what is to be seen at each station."""
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    life = Life(site)
    try:
        life.live()
    finally:
        site.close()
    return life.stations


def written(page: str, stations: Mapping[str, str]) -> str:
    """Return the page with what is to be seen at its stations."""
    return STATION.sub(lambda found: f"{found[1]}{stations[found[2]]}\n{found[3]}", page)


def main() -> None:
    """Write the stations of a new life into the page."""
    with tempfile.TemporaryDirectory() as folder:
        stations = lived(Path(folder))
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), stations), encoding="utf-8")


if __name__ == "__main__":
    main()
