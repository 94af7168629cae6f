"""What a database has in it goes through the migrations, forth and back."""

import re
from dataclasses import replace
from functools import reduce
from operator import or_

import pytest
import sqlalchemy as sa

from idp import clock
from idp.crypto import Keyring
from idp.policy.steps import NO_MARKS, EnrolmentProof, Mark
from idp.rollout.mails.dates import due
from idp.store import db, people, tags
from idp.store.db.statements import Statement
from idp.store.people import departed
from idp.store.rollout import shared_profiles, stages
from idp.store.signin import interactions
from tests.protocol.store.test_migrations import Database, database
from tests.support.site import MFA, Site

__all__ = ["database"]

pytestmark = pytest.mark.slow


COLUMNS = {
    "consented_at": Mark.CONSENTED,
    "announced_at": Mark.ANNOUNCED,
    "wants_enrolment": Mark.ENROLMENT_WANTED,
    "address_confirmed_at": Mark.ADDRESS_CONFIRMED,
    "contact_confirmed_at": Mark.CONTACT_CONFIRMED,
    "kept_at": Mark.CODES_KEPT,
    "able_at": Mark.ABLE,
    "offer_taken_at": Mark.OFFER_TAKEN,
}
"""What was a column of a sign-in before 0015."""
BEGUN = 1_800_000_000
SESSION = (
    "INSERT INTO session (id, digest, rotated_at, sid, created_at, seen_at, expires_at)"
    f" VALUES ('one', 'one', {BEGUN}, 'one', {BEGUN}, {BEGUN}, {BEGUN})"
)
SIGN_IN = sa.text(
    "INSERT INTO interaction (id, session_id, request, username, created_at, expires_at,"
    f" wants_enrolment) VALUES (:id, 'one', '{{}}', '', {BEGUN}, {4 * BEGUN}, :no)"
)


def _before(connection: sa.Connection) -> dict[str, set[str]]:
    """Return the columns that are set of each sign-in, as a version before 0015 reads them."""
    rows = connection.execute(sa.text("SELECT * FROM interaction")).mappings()
    return {str(row["id"]): {column for column in COLUMNS if row[column]} for row in rows}


def test_marks_of_sign_ins_under_way_are_carried_over_there_and_back(database: Database) -> None:
    database.alembic("upgrade", "0014")
    noted = {column: {column} for column in COLUMNS} | {"nothing": set(), "all": set(COLUMNS)}
    with database.plain.begin() as connection:
        connection.exec_driver_sql(SESSION)
        for name, columns in noted.items():
            connection.execute(SIGN_IN, {"id": name, "no": False})
            for column in columns:
                value = True if column == "wants_enrolment" else BEGUN + 60
                change = sa.text(f"UPDATE interaction SET {column} = :value WHERE id = :id")
                connection.execute(change, {"value": value, "id": name})
    database.alembic("upgrade", "head")
    with db.work(database.engine) as work:
        found = {name: row.marks for name in noted if (row := interactions.find(work, name))}
    assert found == {
        name: reduce(or_, map(COLUMNS.__getitem__, columns), NO_MARKS)
        for name, columns in noted.items()
    }
    database.alembic("downgrade", "0014")
    with database.plain.connect() as connection:
        assert _before(connection) == noted


OLD_STAGES = (
    ("everyone", "*", True, 4_000_000_000),
    ("nurses", "nurse", True, 1_000_000_000),
    ("wish", "staff", False, 4_000_000_000),
)


def test_stages_of_before_reach_whom_they_reached_and_mail_nobody(database: Database) -> None:
    database.alembic("upgrade", "0016")
    old = sa.table(
        "stage",
        *map(sa.column, ("id", "audience", "level", "required", "enforce_at", "created_at")),
    )
    with database.plain.begin() as connection:
        for name, audience, required, at in OLD_STAGES:
            values = {"id": name, "audience": audience, "required": required, "enforce_at": at}
            connection.execute(sa.insert(old).values(**values, level=MFA, created_at=1))
    database.alembic("upgrade", "head")
    with db.work(database.engine) as work:
        found = {stage.id: stage for stage in stages.everything(work)}
    assert {name: stage.audience for name, stage in found.items()} == {
        "everyone": ("*",),
        "nurses": ("type:nurse",),
        "wish": ("type:staff",),
    }
    assert [name for name, stage in found.items() if stage.required] == ["nurses", "everyone"]
    assert not any(due(stage, at) for stage in found.values() for at in (1, 999_990_000, 2 * 10**9))
    database.alembic("downgrade", "0016")
    with database.plain.connect() as connection:
        rows = connection.execute(sa.select(old).order_by(old.c.id)).mappings().all()
    assert [(r["id"], r["audience"], bool(r["required"]), r["enforce_at"]) for r in rows] == [
        *OLD_STAGES[:2],
        ("wish", "staff", False, None),
    ]


def test_the_rollout_of_a_busy_installation_goes_back_and_forth_and_its_people_stay(
    site: Site,
) -> None:
    aroha, mere = (site.person(name, verified=name == "mere") for name in ("aroha", "mere"))
    stage = site.stage("*", MFA, 20 * 86400, announce_at=clock.now() - 86400)
    site.installation.notices.step()
    site.installation.upkeep.carry_out()
    site.installation.adoption.carry_out()
    with site.work() as work:
        shared_profiles.keep(work, aroha, 1)
        shared_profiles.add_split(work, aroha, mere)
        [planned] = stages.everything(work)
        site.installation.stages.let_off(
            work, planned, mere, until=clock.now() + 86400, reason="travels", author="op"
        )
        departed.add(work, mere)
        tables = {"rollout_notice", "rollout_stuck", "rollout_adoption", "rollout_exception"}
        for table in (*tables, "rollout_forecast", "profile_split", "departed"):
            assert work.value(Statement(f"SELECT count(*) FROM {table}")), table
    database = Database(site.environ["ACRUX_DATABASE__URL"])
    try:
        for revision in ("0019", "0018", "0017", "0016", "0015"):
            database.alembic("downgrade", revision)
        database.alembic("upgrade", "head")
    finally:
        database.close()
    site.trust_rows()
    with site.work() as work:
        assert {person.id for person in people.everyone(work)} == {aroha, mere}
        [again] = stages.everything(work)
    assert (again.id, again.audience, again.enforce_at) == (stage, ("*",), planned.enforce_at)
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    assert browser.sign_in("mere").url.endswith("/announce")


STAGE = (
    "INSERT INTO rollout_stage (id, audience, level, strength, excluded, zone, reminders, grace,"
    " grace_privileged, why, guidance, version, created_at) VALUES ('all', '[\"*\"]', 'a level',"
    " 'required', '[]', 'UTC', '21 7', 2, 0, '{}', '', 3, 1)"
)


def test_a_stage_keeps_all_that_it_said_and_says_nothing_of_a_proof(database: Database) -> None:
    database.alembic("upgrade", "0020")
    with database.plain.begin() as connection:
        connection.exec_driver_sql(STAGE)
    database.alembic("upgrade", "head")
    with db.work(database.engine) as work:
        (stage,) = stages.everything(work)
        assert (stage.audience, stage.grace, stage.version) == (("*",), 2, 3)
        assert stage.proof is None
    tags.use(database.engine, Keyring((bytes(range(32)),)), lambda *_: None)
    with db.work(database.engine) as work:
        assert stages.claim_change(work, replace(stage, proof=EnrolmentProof.SMS))
    database.alembic("downgrade", "0020")
    with database.plain.connect() as connection:
        columns = {column["name"] for column in sa.inspect(connection).get_columns("rollout_stage")}
        row = connection.exec_driver_sql("SELECT * FROM rollout_stage").mappings().one()
    assert "proof" not in columns
    assert (row["audience"], row["grace"], row["version"]) == ('["*"]', 2, 4)


def test_a_sign_in_that_a_version_before_marks_began_is_finished_after_it(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("aroha")
    assert browser.submit("/enrol/proof", code=site.mailed_code()).url.endswith("/enrol")
    database = Database(site.environ["ACRUX_DATABASE__URL"])
    try:
        database.alembic("downgrade", "0014")
        with database.plain.connect() as connection:
            [columns] = _before(connection).values()
        assert columns == {"address_confirmed_at"}
        database.alembic("upgrade", "head")
    finally:
        database.close()
    site.trust_rows()
    page = browser.open(browser.at.url + "/totp")
    secret = re.findall(r"secret=([A-Z2-7]+)", page.text)[0]
    assert "code" in browser.set_up("/enrol/totp", code=site.code(secret)).query


def test_names_of_groups_that_people_have_become_groups(database: Database) -> None:
    database.alembic("upgrade", "0038")
    person = {
        "id": "a",
        "username": "tane",
        "email": "t@a.nz",
        "email_verified": True,
        "phone_verified": False,
        "name": "Tane",
        "user_type": "user",
        "roles": "",
        "claims": "{}",
        "created_at": 5,
        "updated_at": 7,
    }
    with db.work(database.engine) as work:
        for number, names in enumerate(('["north", "M\\u0101ori"]', '["north"]', "[]")):
            own = {"id": f"p{number}", "username": f"u{number}", "email": f"{number}@a.nz"}
            row = {**person, **own, "member_of": names, "updated_at": 7 - number}
            columns = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            work.run(Statement(f"INSERT INTO person ({columns}) VALUES ({values})"), **row)
    database.alembic("upgrade", "head")
    with db.work(database.engine) as work:
        found = work.all(Statement("SELECT name, created_at FROM person_group ORDER BY name"))
    assert sorted(tuple(row) for row in found) == [("Māori", 7), ("north", 6)]
