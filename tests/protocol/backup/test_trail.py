"""What was ended after the backup is ended again by the exported trail, and listed without it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from idp import audit
from idp.audit import Event
from idp.store import people
from idp.store.oidc import grants
from tests.protocol.backup.restoring import Elsewhere, trail
from tests.protocol.command import Acrux
from tests.support.browser import Answer
from tests.support.letters import forget, kinds, mailed_link
from tests.support.recovery import give_codes
from tests.support.site import MFA, PASSWORD, Application, Site

NEW = "harbour lantern sixpence moss"


@dataclass
class Past:
    """An installation that was backed up, and went on."""

    site: Site
    backup: Path
    trail: Path
    app: Application
    rotated: Application
    secret: str
    codes: tuple[str, ...]
    kid: str


def signs_in(site: Site, app: Application, name: str, password: str = PASSWORD) -> Answer:
    browser = site.browser()
    browser.authorize(app)
    return browser.sign_in(name, password)


def published(site: Site) -> set[str]:
    return {key["kid"] for key in site.client().send("GET", "/jwks").json["keys"]}


def signer(acrux: Acrux) -> str:
    return str(
        next(
            key["kid"]
            for key in acrux.json("keys", "list")
            if key["alg"] == "RS256" and key["state"] == "signing"
        )
    )


def with_code(site: Site, app: Application, code: str) -> Answer:
    """Sign mere in by a recovery code, as far as that goes."""
    browser = site.browser()
    browser.authorize(app, acr_values=MFA)
    browser.sign_in("mere")
    recovery = browser.at.url.rpartition("/")[0] + "/recovery"
    browser.open(recovery)
    return browser.submit("/recovery", code=code)


@pytest.fixture
def past(site: Site, tmp_path: Path) -> Past:
    """Everything is ended after the backup that a restore must not revive."""
    acrux = Acrux(site.environ)
    secret = site.secret()
    off, gone, tane = site.person("off"), site.person("gone"), site.person("tane")
    site.person("mere", totp=secret)
    site.person("lost", totp=site.secret(), sms=True)
    site.person("hana", roles=frozenset({"admin"}), groups=["ward", "board"])
    site.person("rewi", groups=["night"])
    site.stage("group:night", MFA, -60)
    app, dropped = site.application("app"), site.application("dropped")
    rotated, kid = site.application("rotated"), signer(acrux)
    with site.work() as work:
        grants.grant(work, tane, "app", frozenset({"openid"}), "x")
    codes = give_codes(site, "mere")
    backup = tmp_path / "one.acrux-backup"
    acrux("backup", str(backup))

    acrux("user", "disable", off)
    acrux("user", "delete", gone, "--yes")
    forget(site, "tane")
    browser = site.browser()
    path = mailed_link(site, "reset-link")
    browser.open(path)
    browser.submit(path, password=NEW)
    with site.work() as work:
        grants.withdraw(work, tane, "app")
        audit.record(work, Event.CONSENT_WITHDRAWN, person=tane, client="app")
    acrux("user", "reset-factor", "lost", "totp")
    acrux("user", "set-phone", "lost", "+64211111111", "--verified")
    acrux("user", "set-email", "hana", "elsewhere@example.org", "--verified")
    acrux("user", "set", "hana", "roles=", "groups=ward")
    acrux("user", "set", "rewi", "groups=")
    with_code(site, app, codes[0])
    acrux("client", "delete", dropped.client_id)
    acrux("client", "rotate-secret", rotated.client_id)
    acrux("client", "set", "app", "min_acr=")
    acrux("keys", "rotate", "--now")
    acrux("keys", "withdraw", kid, "--compromised")
    acrux("user", "add", "late", "--email", "late@example.org")
    return Past(
        site, backup, trail(acrux, tmp_path / "trail.jsonl"), app, rotated, secret, codes, kid
    )


def lives(again: Site, acrux: Acrux, past: Past) -> dict[str, bool]:
    """Return what of before is alive in what was restored."""

    def person(name: str) -> dict[str, Any]:
        found: dict[str, Any] = acrux.json("user", "show", name)
        return found

    names = {one["username"] for one in acrux.json("user", "list")}
    clients = {one["client_id"] for one in acrux.json("client", "list")}
    mailed = len(kinds(again))
    forget(again, "hana")
    refused = again.client().send(
        "POST", "/introspect", {"token": "x"}, past.rotated.authentication()
    )
    with again.work() as work:
        tane = people.by_name(work, "tane")
        assert tane is not None
        consents = [one.client_id for one in grants.connections(work, tane.id) if one.asked]
    return {
        "the person who was switched off": "code" in signs_in(again, past.app, "off").query,
        "the person who was deleted": "gone" in names,
        "the earlier password": "code" in signs_in(again, past.app, "tane").query,
        "the app that was removed": "totp" in person("lost")["methods"],
        "text messages to the earlier number": "sms" in person("lost")["methods"],
        "the role that was taken": "admin" in person("hana")["roles"],
        "the group that was taken": "board" in person("hana")["groups"],
        "a reset link to the mailbox that was left": len(kinds(again)) > mailed,
        "a used recovery code": "recovery" in person("mere")["methods"],
        "the application that was deleted": "dropped" in clients,
        "the secret that was replaced": refused.status == 200,
        "the key that was compromised": past.kid in published(again),
        "the consent that was withdrawn": consents == ["app"],
    }


@pytest.mark.slow
def test_without_a_trail_all_of_it_lives_and_is_listed_and_with_it_nothing_does(
    past: Past, elsewhere: Elsewhere
) -> None:
    blind = elsewhere.place()
    said = blind("restore", str(past.backup))
    for words in (
        "people who were switched off are on: acrux user disable NAME",
        "people who were deleted are back: acrux user delete NAME",
        "passwords of then work again",
        "secrets of applications that were replaced work again: acrux client rotate-secret ID",
        "acrux keys withdraw KID --compromised",
    ):
        assert words in said
    with elsewhere.site(blind) as again:
        assert all(lives(again, blind, past).values()), "it is revived where nobody knows better"

    seeing = elsewhere.place()
    planned = seeing.json("restore", str(past.backup), "--audit", str(past.trail), "--dry-run")
    found = seeing.json("restore", str(past.backup), "--audit", str(past.trail))
    assert planned["restored"] is False
    assert set(found["done"]) <= set(planned["done"])
    assert len(found["done"]) == 15
    assert "acrux client rotate-secret rotated" in " ".join(found["left"])
    assert "late was added at" in " ".join(found["left"])
    assert "acrux client set app min_acr=" in found["left"]
    with elsewhere.site(seeing) as again:
        assert not any(lives(again, seeing, past).values()), "nothing of it lives"
        assert "code" in signs_in(again, past.app, "hana").query, "all else does"
        demanded = signs_in(again, past.app, "rewi")
        assert "code" not in demanded.query, "a trail takes no demand away"
        names = {event.kind for event in again.events()}
        assert {"operator:person:deleted", "operator:person:disabled"} <= names
        [done] = again.events(kind="operator:restore:done")
        assert json.loads(str(done.data))["done"] == found["done"]
        assert signer(seeing) in published(again)


def changed(line: str, **values: Any) -> str:
    return json.dumps(json.loads(line) | values) + "\n"


SPOILT: dict[str, tuple[Callable[[list[str]], str], str]] = {
    "no file of events": (lambda _: "hello\n", "line 1 of"),
    "a line that is cut off": (lambda lines: "".join(lines)[:-20], "is no event"),
    "a CSV": (lambda _: "id,at,event\n", "line 1 of"),
    "nothing": (lambda _: "", "holds no event"),
    "another installation's": (
        lambda lines: changed(lines[0], event="person:sign-in:finished") + "".join(lines[1:]),
        "the trail of another installation",
    ),
    "bytes": (lambda _: "\0\xff\xfe", "is no event"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_trail_that_is_none_is_refused_and_nothing_is_restored(
    small_acrux: Acrux, tmp_path: Path, how: str
) -> None:
    backup, file = tmp_path / "one.acrux-backup", tmp_path / "trail.jsonl"
    small_acrux("user", "add", "tane", "--email", "tane@example.org")
    small_acrux("backup", str(backup))
    spoil, words = SPOILT[how]
    file.write_text(spoil(trail(small_acrux, file).read_text().splitlines(keepends=True)))
    database = Path(small_acrux.environ["ACRUX_INSTANCE__PATH"]) / "acrux.db"
    database.unlink()
    assert words in small_acrux.refused("restore", str(backup), "--audit", str(file))
    assert sorted(each.name for each in database.parent.iterdir()) == [
        "keyring",
        "rows-have-tags",
    ]


@pytest.mark.slow
def test_what_an_export_cannot_tell_is_said(small_acrux: Acrux, tmp_path: Path) -> None:
    backup = tmp_path / "one.acrux-backup"
    small_acrux("backup", str(backup))
    for name in ("tane", "mere", "hana"):
        small_acrux("user", "add", name, "--email", f"{name}@example.org")
    file = trail(small_acrux, tmp_path / "narrow.jsonl", "--person", "hana")
    narrowed = trail(small_acrux, tmp_path / "all.jsonl")
    late = tmp_path / "late.jsonl"
    late.write_text(file.read_text())
    database = Path(small_acrux.environ["ACRUX_INSTANCE__PATH"]) / "acrux.db"
    database.unlink()

    def left(export: Path) -> str:
        words = ("restore", str(backup), "--dry-run", "--audit", str(export))
        return " ".join(small_acrux.json(*words)["left"])

    assert "what happened between is not known" in left(late)
    assert "is not known" not in left(narrowed)
