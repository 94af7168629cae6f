"""A run: every rule is tried in every way, and a try that succeeds is an alarm."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

from idp import audit
from idp.audit import Event, Outcome
from idp.canary import attempts, rules
from idp.canary.attempts import ATTEMPTS, NoSongError, Scene
from idp.canary.birds import Birds, birds
from idp.canary.rules import Rule
from idp.errors import AcruxError
from idp.installation import Installation
from idp.store import canaries, db

HELD, ALARM, FAILED = "held", "alarm", "failed"
_MAIL_LIFETIME = 86400
_log = logging.getLogger("acrux.canary")


@dataclass(frozen=True)
class Found:
    """A try that must not succeed, and did."""

    rule: str
    attempt: str
    level: str
    got: str

    def __str__(self) -> str:
        way = self.attempt.replace("_", " ")
        return f"{self.rule}: a token says {self.got} where {self.level} is the measure ({way})"


@dataclass(frozen=True)
class Report:
    """How a run went: `held`, `alarm`, or `failed` when it says nothing of the rules."""

    state: str
    tries: int
    found: tuple[Found, ...] = ()
    passed: tuple[str, ...] = ()
    """Rules that could not be tried, in words."""
    why: str = ""

    @property
    def said(self) -> str:
        """Return it in words."""
        return self.why or "; ".join(map(str, self.found))


def run(app: Flask, this: Installation) -> Report:
    """Try everything once, sound the alarm if need be, and note how it went."""
    report = _tried(app, this)
    with db.work(this.engine) as work:
        canaries.done(work, report.state, report.said, report.tries, this.settings.canary.every)
        if report.state == ALARM:
            _sound(work, this, report)
    if report.state == FAILED:
        _log.error("the canary could not try: %s", report.why)
    return report


def _tried(app: Flask, this: Installation) -> Report:
    with db.work(this.engine) as work:
        wanted, passed = rules.in_force(work, this.signin.rules)
    tries, found = 0, []
    try:
        with birds(this) as made:
            for rule in wanted:
                scene = _scene(app, this, made, rule)
                for attempt, level in _outcomes(scene):
                    tries += 1
                    if level:
                        found.append(Found(rule.name, attempt, rule.level, level))
    except (NoSongError, AcruxError) as error:
        if not found:
            return Report(FAILED, tries, passed=tuple(passed), why=str(error))
    return Report(ALARM if found else HELD, tries, tuple(found), tuple(passed))


def _scene(app: Flask, this: Installation, made: Birds, rule: Rule) -> Scene:
    return Scene(
        app=app,
        issuer=this.settings.server.issuer,
        rule=rule,
        bird=made.bird(rule.user_type, rule.groups),
        strict=made.perch(rule.min_acr),
        free=made.perch(),
        weakest=this.signin.rules.levels[0].name,
        birds=made,
        front_channel=this.settings.oidc.legacy_response_types,
    )


def _outcomes(scene: Scene) -> Iterator[tuple[str, str]]:
    """Yield each try, and what it must not have got: any token under the rule, or one that lies."""
    for attempt in ATTEMPTS:
        yield attempt.__name__, next(iter(attempt(scene)), "")
    got = attempts.truthful(scene)
    yield attempts.truthful.__name__, next((one for one in got if one != scene.weakest), "")


def _sound(work: db.Work, this: Installation, report: Report) -> None:
    """An event, a line in the log, and a mail to whoever is named."""
    for one in report.found:
        _log.critical("the canary got a token: %s", one)
        audit.record(
            work,
            Event.CANARY_ALARM,
            Outcome.DONE,
            reason=str(one),
            rule=one.rule,
            attempt=one.attempt,
            demanded=one.level,
            got=one.got,
        )
    to = this.settings.canary.mail
    if to and this.post.available("mail"):
        brand = this.settings.brand.name
        lines = "\n".join(f"- {one}" for one in report.found)
        text = (
            f"{brand}: a rule does not hold",
            f"At {this.settings.server.issuer} somebody who has a password alone gets tokens that"
            f" a rule forbids:\n\n{lines}\n\nThe canary tried it: no person and no application"
            " took part. See docs/operate.md, The canary.\n",
        )
        this.post.enqueue_text(work, "mail", "canary", to, text, lifetime=_MAIL_LIFETIME)
