"""The canary sings while every rule holds, is nobody to anyone else, and falls silent in time."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp.audit import Event
from idp.cli.running import watching_rules, worker
from idp.policy.case import Case
from idp.store import canaries, people
from idp.store.db.statements import Statement
from idp.store.oidc import clients
from idp.store.people import headcounts
from idp.store.rollout import cohorts
from tests.protocol.command import Acrux
from tests.support.ledgers.evidence import leaves
from tests.support.site import MFA, MFA_APP, ONE, Site
from torture.builds import Broken, Patch, make

FORGETFUL = Broken(
    "the floor of an application is forgotten",
    "the canary",
    (Patch("idp/policy/case.py", "client=self.ask.floor,", "client=None,"),),
)
TABLES = ("person", "client", "session", "interaction", '"authorization"', "proof", "credential")


def rules_of(site: Site) -> None:
    """An application with a floor, a stage for a group and one for a type, and one for a person."""
    sub = site.person("tane")
    site.application("payroll", min_acr=MFA)
    site.stage("group:north", MFA_APP, -60)
    site.stage("clinician", MFA, -60)
    site.stage(f"person:{sub}", MFA, -60)


def rows(site: Site) -> dict[str, int]:
    with site.work() as work:
        return {
            table: int(work.value(Statement(f"SELECT count(*) FROM {table}"))) for table in TABLES
        }


def test_while_every_rule_holds_it_says_so_and_leaves_nobody_behind(site: Site) -> None:
    acrux = Acrux(site.environ)
    rules_of(site)
    before = rows(site)
    report = acrux.json("canary", "run")
    assert (report["state"], report["found"]) == ("held", [])
    assert report["tries"] > 40
    assert len(report["passed"]) == 1
    assert rows(site) == before
    assert acrux.json("canary", "status")["state"] == "held"
    (line,) = [one for one in acrux.run("doctor").output.splitlines() if "  canary" in one]
    assert line.startswith("OK")
    # What it did is told, and told from what people do.
    told = [event for event in site.events() if event.source == "100::ca"]
    assert {event.kind for event in told} >= {Event.FACTOR_PROVED.value, Event.TOKEN_ISSUED.value}
    assert all((event.client_id or "canary:").startswith("canary:") for event in told)
    with site.work() as work:
        marked = [leaf for leaf in leaves(work) if leaf["client"].startswith("canary:")]
    assert {leaf["acr"] for leaf in marked} == {ONE}
    assert site.messages("mail") == []


def test_it_is_in_no_list_and_no_count_while_it_is_there(site: Site) -> None:
    site.person("tane", user_type="clinician", groups=["north"])
    site.application("payroll")
    with site.work() as work:
        canaries.add_person(work, "canary-1", "clinician", json.dumps(["north"]))
        clients.add(work, "canary:1", "Canary", None, "{}")
    acrux = Acrux(site.environ)
    with site.work() as work:
        assert [person.username for person in people.everyone(work)] == ["tane"]
        assert headcounts.types(work) == {"clinician": 1}
        assert headcounts.groups(work) == {"north": 1}
        assert [cohort.people for cohort in cohorts.everyone(work)] == [1]
        assert [client.id for client in clients.everything(work)] == ["payroll"]
    for words in (("user", "list"), ("client", "list"), ("stage", "adoption")):
        assert "canary" not in acrux(*words).lower()
    # A run that was killed leaves it behind: the next one takes it away.
    acrux("canary", "run")
    with site.work() as work:
        assert people.by_id(work, "canary:canary-1") is None
        assert clients.find(work, "canary:1") is None


def test_a_floor_of_the_installation_is_tried_too(tmp_path: Path, database_url: str) -> None:
    site = Site(tmp_path, database_url, policy__floor=MFA, oidc__legacy_response_types="true")
    report = Acrux(site.environ).json("canary", "run")
    assert (report["state"], report["found"]) == ("held", [])
    with site.work() as work:
        assert leaves(work) == []
    site.close()


def no_floors(monkeypatch: pytest.MonkeyPatch, **lowered: Any) -> None:
    demanded = Case.__dict__["demanded"].__get__
    found = property(lambda case: replace(demanded(case, Case), **lowered))
    monkeypatch.setattr(Case, "demanded", found)


BREAKS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "applications with min_acr": lambda patch: no_floors(patch, client=None),
    "floor of the installation": lambda patch: no_floors(patch, installation=None),
    "stage": lambda patch: no_floors(patch, stage=None),
}


@pytest.mark.parametrize("rule", BREAKS)
def test_a_rule_that_does_not_hold_sets_off_the_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.sqlite'}"
    floor = MFA if rule.startswith("floor") else ""
    site = Site(tmp_path, url, policy__floor=floor, canary__mail="ops@example.org")
    if not floor:
        rules_of(site)
    BREAKS[rule](monkeypatch)
    acrux = Acrux(site.environ)
    result = acrux.run("canary", "run")
    assert result.exit_code == 1
    assert "a rule does not hold" in result.stderr
    alarms = site.events(kind=Event.CANARY_ALARM.value)
    assert alarms
    assert all((event.reason or "").startswith(rule) for event in alarms)
    assert acrux.json("canary", "status")["state"] == "alarm"
    (line,) = [one for one in acrux.run("doctor").output.splitlines() if "  canary" in one]
    assert line.startswith("!!")
    site.work_off()
    (mail,) = site.messages("mail")
    assert mail["to"] == "ops@example.org"
    assert rule in mail["body"]
    site.close()


def test_a_token_that_claims_more_than_was_proved_sets_off_the_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.sqlite'}")
    monkeypatch.setattr(Case, "hold", lambda *_: True)
    report = json.loads(Acrux(site.environ).run("canary", "run", "--json").stdout)
    assert report["state"] == "alarm"
    assert "truthful" in {found["attempt"] for found in report["found"]}
    # What its tokens said does not follow from their evidence either, and this site is wrong.
    site.check_evidence = lambda: None  # type: ignore[method-assign]
    site.close()


def test_who_cannot_sign_in_says_nothing_of_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.sqlite'}")
    password: Any = site.installation.signin.authenticators["password"]
    monkeypatch.setattr(type(password), "_opens", lambda *_: False)
    acrux = Acrux(site.environ)
    assert "could not try" in acrux.run("canary", "run").stderr
    assert acrux.json("canary", "status")["state"] == "failed"
    (line,) = [one for one in acrux.run("doctor").output.splitlines() if "  canary" in one]
    assert line.startswith("!!")
    site.close()


@pytest.mark.slow
def test_a_build_that_lowers_a_floor_is_found(site: Site, tmp_path: Path) -> None:
    rules_of(site)
    build = make(tmp_path / "build", FORGETFUL)
    words = [sys.executable, "-m", "idp", "canary", "run", "--json"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ACRUX_")}
    environ = {**clean, **site.environ, "PYTHONPATH": str(build.root)}
    done = subprocess.run(
        words, env=environ, cwd=build.root, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert {found["rule"] for found in report["found"]} == {f"applications with min_acr {MFA}"}
    assert {found["attempt"] for found in report["found"]} >= {"by_password", "silently"}


@pytest.mark.slow
def test_the_worker_has_it_try_when_it_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.sqlite'}", canary__every=3600)
    for name, value in site.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(watching_rules, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(watching_rules, "FIRST", 0)
    job, waited = worker.Worker(site.installation), threading.Event()
    thread = threading.Thread(target=job.run)
    thread.start()
    for _ in range(900):
        with site.work() as work:
            row = canaries.last(work)
        if (row is not None and row.ran_at is not None) or waited.wait(0.1):
            break
    job.stop()
    thread.join()
    assert row is not None
    assert row.state == "held"
    assert row.due_at > (row.ran_at or 0)
    site.close()
