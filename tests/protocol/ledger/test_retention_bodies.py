"""Bodies of token leaves go when their time is over: the ledger verifies, and says what is gone."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from idp.audit.retention import Retention
from idp.errors import AlteredError
from idp.ledger import checking, exporting
from idp.ledger.events import PRUNED
from idp.ledger.explaining import explanation
from idp.ledger.keys import LedgerError
from idp.ledger.reading import PrunedError
from idp.store.db.statements import Statement
from idp.store.ledger import leaves
from tests.protocol.admin.audit.test_audit_page import HOME, auditor
from tests.protocol.command import Acrux
from tests.protocol.ledger.auditing import key_of, seal, sql, verifier
from tests.protocol.sign_ins import code
from tests.support.site import Application, Site

__all__ = ["verifier"]
DAY = 86400
NODE = Path(__file__).parents[3] / "tools/verify/acrux_verify.mjs"
_LEFT = Statement("SELECT body FROM ledger_leaf WHERE body IS NOT NULL")


@pytest.fixture
def kept(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """An installation that keeps evidence for thirty days."""
    site = Site(tmp_path, database_url, retention__evidence=30)
    yield site
    site.close()


def issue(site: Site, app: Application) -> str:
    """Let tane get tokens; return their `jti`."""
    return jti_of(site, site.redeem(app, code(site, app)).json["id_token"])


def jti_of(site: Site, token: str) -> str:
    jti: str = site.id_token(token)["jti"]
    return jti


def delete(site: Site) -> int:
    return Retention(site.installation.settings, site.installation.engine).carry_out()


def emptied(site: Site) -> tuple[Application, str]:
    """Let tokens be issued, sealed and counted, and their time pass; return the first's `jti`."""
    site.person("tane")
    app = site.application()
    jti = issue(site, app)
    issue(site, app)
    seal(site)
    assert site.installation.counting.carry_out() > 2
    site.advance(31 * DAY)
    assert delete(site) == 2
    return app, jti


def check(site: Site) -> checking.Checked:
    return checking.check(site.installation.engine, site.installation.keyring)


def kinds(site: Site) -> list[str]:
    with site.work() as work:
        return [json.loads(body)["kind"] for body in work.column(_LEFT)]


@pytest.mark.usefixtures("node")
def test_an_export_without_the_bodies_verifies_with_both_programs(
    kept: Site, verifier: ModuleType, tmp_path: Path
) -> None:
    emptied(kept)
    assert "token" not in kinds(kept)
    assert {"change", "policy"} <= set(kinds(kept))
    check(kept)
    seal(kept)
    assert check(kept).pruned == 2
    [told] = kept.events(kind=PRUNED)
    assert json.loads(told.data or "")["count"] == 2
    file, key = tmp_path / "export.jsonl", key_of(kept)
    file.write_bytes(b"".join(exporting.export(kept.installation.engine)))
    said = verifier.verdict([str(file)], [key], []).said
    assert (said["verdict"], said["pruned"]) == ("ok", 2)
    command = ["node", str(NODE), "--json", "--key", key, str(file)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["pruned"]) == (0, 2), done


def test_what_is_not_so_old_not_sealed_or_not_counted_keeps_its_body(kept: Site) -> None:
    kept.person("tane")
    app = kept.application()
    issue(kept, app)
    kept.advance(31 * DAY)
    assert delete(kept) == 0, "it is not sealed"
    seal(kept)
    kept.advance(30 * DAY)
    assert delete(kept) == 0, "the day on which it was sealed is not over by so long"
    kept.advance(DAY)
    assert delete(kept) == 0, "it is not counted"
    kept.installation.counting.carry_out()
    issue(kept, app)
    seal(kept)
    assert delete(kept) == 1
    assert kinds(kept).count("token") == 1


@pytest.mark.slow
def test_it_goes_on_where_it_ended(kept: Site) -> None:
    app, _ = emptied(kept)
    issue(kept, app)
    seal(kept)
    kept.installation.counting.carry_out()
    assert delete(kept) == 0
    kept.advance(31 * DAY)
    assert delete(kept) == 1
    first, second = sorted(json.loads(one.data or "")["start"] for one in kept.events(kind=PRUNED))
    assert first == 0 < second


@pytest.mark.slow
def test_whoever_asks_for_a_token_is_told_that_its_time_was_over(kept: Site) -> None:
    app, jti = emptied(kept)
    with kept.work() as work:
        assert leaves.body_of(work, jti) is None
        with pytest.raises(PrunedError, match="when its time was over"):
            explanation(work, jti)
        with pytest.raises(PrunedError, match="when its time was over"):
            exporting.proof(work, jti)
    acrux = Acrux(kept.environ)
    for word in ("explain", "prove"):
        asked = acrux.run("ledger", word, jti)
        assert (asked.exit_code, "its time was over" in asked.output) == (1, True)
    for path in ("/api/v1/explain", "/api/v1/proof"):
        form = {"token": jti}
        assert kept.client().send("POST", path, form, app.authentication()).status == 410


@pytest.mark.slow
def test_the_auditors_page_of_a_token_says_so_whatever_is_pasted(kept: Site) -> None:
    kept.person("tane")
    app = kept.application()
    found = kept.redeem(app, code(kept, app)).json
    jti = jti_of(kept, found["id_token"])
    seal(kept)
    kept.installation.counting.carry_out()
    kept.advance(31 * DAY)
    delete(kept)
    browser = auditor(kept)
    for what in (jti, found["id_token"], found["access_token"]):
        browser.open(HOME)
        answer = browser.post(f"{HOME}find", what=what)
        assert (answer.status, answer.location) == (303, f"{HOME}tokens/{jti}")
    assert "was deleted, because its time was over" in browser.open(f"{HOME}tokens/{jti}").text


@pytest.mark.slow
def test_a_body_that_something_else_took_is_named(kept: Site) -> None:
    app, _ = emptied(kept)
    jti = issue(kept, app)
    seal(kept)
    sql(kept, "UPDATE ledger_leaf SET body = NULL WHERE jti = :jti", jti=jti)
    with pytest.raises(LedgerError, match=r"row \d+ has no body, and it was not retention"):
        check(kept)
    with kept.work() as work, pytest.raises(AlteredError):
        leaves.body_of(work, jti)
    with kept.work() as work, pytest.raises(LedgerError, match="gone, or was changed"):
        exporting.proof(work, jti)


def test_a_body_that_was_altered_does_not_go_so_that_it_is_found(kept: Site) -> None:
    kept.person("tane")
    jti = issue(kept, kept.application())
    seal(kept)
    kept.installation.counting.carry_out()
    change = "UPDATE ledger_leaf SET body = replace(body, :was, :now) WHERE jti = :jti"
    sql(kept, change, jti=jti, was="authorization_code", now="refresh_token")
    kept.advance(31 * DAY)
    assert delete(kept) == 0
    with pytest.raises(LedgerError, match="was edited"):
        check(kept)
    kept.spoiled = True
