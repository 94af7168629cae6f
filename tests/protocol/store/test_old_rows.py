"""Rows of before there were tags: they get theirs in the upgrade, once, and nobody slips in."""

from pathlib import Path
from typing import Any

import alembic.command
import pytest

from idp.cli import schema
from idp.cli.database.old_rows import SINCE
from idp.store import people
from idp.store.db.statements import Statement
from idp.store.tags import Seal, Tags, walking
from tests.protocol.command import Acrux
from tests.support.site import MFA, Site

BEFORE = f"{int(SINCE) - 1:04d}"
MINE = Statement("UPDATE person SET roles = 'owner' WHERE id = :id")
NONE = Statement("UPDATE person SET tag = NULL, roles = 'owner' WHERE id = :id")


def _set_back(site: Site) -> None:
    """Bring the schema to where it was before there were tags."""
    engine = site.installation.engine
    alembic.command.downgrade(schema.configuration(engine), BEFORE)


@pytest.fixture
def note(site: Site) -> Path:
    """The note of the instance folder."""
    return site.folder / "rows-have-tags"


@pytest.mark.slow
def test_what_was_there_before_goes_on_after_the_upgrade(site: Site, note: Path) -> None:
    secret = site.secret()
    site.person("tane", totp=secret, roles=frozenset({"owner"}))
    app = site.application(min_acr=MFA)
    site.stage("staff", MFA, 60)
    browser = site.browser()
    browser.authorize(app, scope="openid offline_access")
    browser.sign_in("tane")
    tokens = site.redeem(app, browser.totp(secret).query["code"]).json
    half_way = site.browser()
    half_way.authorize(app)
    half_way.sign_in("tane")
    _set_back(site)
    said = Acrux(site.environ)("upgrade")
    assert "Tags: given to 1 of person, 2 of credential, 3 of proof, 1 of authorization" in said
    assert note.read_text().startswith("done ")
    with site.work() as work:
        assert list(walking.refused(work)) == []
    again = browser.open("/authorize", **app.request(prompt="none", acr_values=MFA))
    assert site.claims(app, again)["acr"] == MFA
    assert site.refresh(app, tokens["refresh_token"]).status == 200
    assert "code" in half_way.totp(secret).query


@pytest.mark.slow
def test_an_upgrade_that_was_stopped_goes_on_and_is_done_once(site: Site, note: Path) -> None:
    tane, mere = site.person("tane"), site.person("mere")
    acrux = Acrux(site.environ)
    _set_back(site)
    acrux("upgrade")
    # As if it had been stopped between two batches.
    note.write_text("begun\n")
    with site.work() as work:
        work.run(Statement("UPDATE person SET tag = NULL WHERE id = :id"), id=tane)
    assert "Tags: given to 1 of person." in acrux("upgrade")
    with site.work() as work:
        work.run(NONE, id=mere)
    assert "Tags" not in acrux("upgrade"), "whoever comes later is not let in"
    with site.work() as work:
        assert [row.name for row in walking.refused(work)] == [mere]


@pytest.mark.slow
def test_a_schema_that_was_set_back_lets_no_row_in(site: Site) -> None:
    person = site.person("tane")
    acrux = Acrux(site.environ)
    acrux("upgrade")
    _set_back(site)
    with site.work() as work:
        work.run(MINE, id=person)
    refusal = acrux.refused("upgrade")
    assert f"the schema is at {BEFORE}" in refusal
    assert "acrux restore" in refusal
    assert f"this version needs {schema.newest()}" in acrux.refused("user", "list"), "unchanged"
    assert "Tags: given to" in acrux("upgrade", "--trust-rows")
    with site.work() as work:
        assert people.by_id(work, person) is not None


def test_rows_of_another_installation_are_not_followed(site: Site) -> None:
    """Their tags were made with another keyring; what is theirs is refused, and ours goes on."""
    person = site.person("tane")
    keyring = type(site.installation.keyring)((bytes(range(32)),))
    tag = keyring.tag("row:person", b"whatever")
    with site.work() as work:
        work.run(Statement("UPDATE person SET tag = :tag WHERE id = :id"), tag=tag, id=person)
    with site.work() as work:
        assert [(row.table, row.name) for row in walking.refused(work)] == [("person", person)]


def test_rows_get_their_tags_in_batches_while_others_are_written(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops it half-way loses no batch; a row that is changed meanwhile is right after."""
    engine = site.installation.engine
    with site.work() as work:
        for number in range(walking.BATCH + 20):
            people.add(work, username=f"p{number}", email=f"p{number}@example.org", name="P")
        work.run(Statement("UPDATE person SET tag = NULL"))
    made, seen = Tags.make, [0]

    def stopped(self: Tags, seal: Seal, values: tuple[Any, ...]) -> bytes:
        seen[0] += 1
        if seen[0] > walking.BATCH + 10:
            raise KeyboardInterrupt
        return made(self, seal, values)

    with monkeypatch.context() as patch:
        patch.setattr(Tags, "make", stopped)
        with pytest.raises(KeyboardInterrupt):
            walking.give(engine)
    changed: list[str] = []

    def overtaken(self: Tags, seal: Seal, values: tuple[Any, ...]) -> bytes:
        if not changed:
            changed.append(values[0])
            with site.work() as work:
                work.run(NONE, id=values[0])
        return made(self, seal, values)

    with monkeypatch.context() as patch:
        patch.setattr(Tags, "make", overtaken)
        assert walking.give(engine) == {"person": 20}
    with site.work() as work:
        assert list(walking.refused(work)) == []
        row = people.by_id(work, changed[0])
    assert row is not None
    assert row.roles == frozenset({"owner"})
