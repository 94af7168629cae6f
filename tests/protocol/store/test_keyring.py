"""The keyring and the database belong together: over a wrong one nothing works or is made."""

import base64
import json
import logging
import os
import sqlite3
from pathlib import Path

import alembic.command
import pytest

from idp import clock, crypto
from idp.app import create_app
from idp.cli import schema
from idp.oidc.tokens import signing_keys
from idp.store.db.statements import Statement
from idp.store.oidc import signing_keys as key_store
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import jose_header, tokens
from tests.support.site import Site

COMMANDS = (
    ("init",),
    ("upgrade",),
    ("serve",),
    ("worker", "--once"),
    ("user", "list"),
    ("client", "list"),
    ("keys", "rotate", "--now"),
    ("audit", "tail"),
)
SPOIL = Statement("UPDATE signing_key SET private = :private WHERE kid = :kid")
NEW_KEY = Statement(
    "INSERT INTO signing_key (kid, alg, private, public, created_at, active_at, retired_at)"
    " VALUES (:kid, 'RS256', :private, :public, 1, 1, 2)"
)


def keyring_of(acrux: Acrux) -> Path:
    return Path(acrux.environ["ACRUX_INSTANCE__PATH"]) / "keyring"


def a_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def write(path: Path, *lines: str) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(0o600)


def revision_0005(acrux: Acrux) -> None:
    """Bring the database to where it was before there were check values."""
    app = create_app(acrux.environ)
    engine = app.extensions["acrux_installation"].engine
    alembic.command.downgrade(schema.configuration(engine), "0005")
    engine.dispose()


@pytest.mark.slow
def test_a_lost_keyring_is_never_replaced_and_no_command_works(acrux: Acrux) -> None:
    path = keyring_of(acrux)
    kept = path.read_text()
    path.unlink()
    for words in COMMANDS:
        assert "keyring" in acrux.refused(*words), words
        assert not path.exists(), words
    write(path, kept.strip())
    acrux("init")
    assert path.read_text() == kept


@pytest.mark.slow
def test_another_keyring_is_refused_by_every_command(acrux: Acrux) -> None:
    path = keyring_of(acrux)
    kept = path.read_text()
    acrux("user", "list")
    write(path, a_key())
    for words in COMMANDS:
        assert "was sealed with: bring back the keyring" in acrux.refused(*words), words
    write(path, kept.strip())
    assert {key["alg"] for key in acrux.json("keys", "list")} == {"RS256", "ES256"}


@pytest.mark.slow
def test_a_database_from_before_takes_the_keyring_that_opens_it_and_no_other(acrux: Acrux) -> None:
    path = keyring_of(acrux)
    kept = path.read_text()
    revision_0005(acrux)
    write(path, a_key())
    for words in (("init",), ("upgrade",)):
        assert "opens nothing of what this database holds" in acrux.refused(*words)
    path.unlink()
    assert "bring the keyring back" in acrux.refused("init")
    write(path, a_key(), kept.strip())
    (path.parent / "rows-have-tags").unlink()
    done = f"Schema: 0005 brought to {schema.newest()}.\nTags: given to 2 of signing_key.\n"
    assert acrux("upgrade") == done
    acrux("user", "list")
    write(path, a_key(), a_key())
    assert "bring back the keyring" in acrux.refused("user", "list")


@pytest.mark.slow
def test_lines_are_added_on_top_and_none_is_taken_away(small_acrux: Acrux) -> None:
    path = keyring_of(small_acrux)
    old, new = path.read_text().strip(), a_key()
    write(path, new, old)
    small_acrux("keys", "rotate", "--now", "--alg", "ES256")
    for lines in ((old,), (new,)):
        write(path, *lines)
        assert "lacks a key that this database was sealed with" in small_acrux.refused("serve")
    write(path, old, new)
    assert "put the oldest key there again" in small_acrux.refused("user", "list")
    write(path, new, old)
    small_acrux("user", "list")


@pytest.mark.slow
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_keyring_that_others_may_read_stops_the_start(small_acrux: Acrux, mode: int) -> None:
    path = keyring_of(small_acrux)
    path.chmod(mode)
    for words in COMMANDS:
        assert f"open to others: chmod 600 {path}" in small_acrux.refused(*words), words


@pytest.mark.slow
def test_a_row_that_does_not_open_takes_no_other_along(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.person("tane")
    acrux = Acrux(site.environ)
    before = jwks(site)
    acrux("keys", "rotate", "--now", "--alg", "RS256")
    poisoned = next(iter(jwks(site) - before))
    with site.work() as work:
        row = next(row for row in key_store.everything(work) if row.kid == poisoned)
        work.run(SPOIL, kid=poisoned, private=b"\0" * 4 + row.private[4:])
    caplog.set_level(logging.ERROR)
    for _ in range(3):
        assert jwks(site) == before
        found = site.client().send("GET", "/.well-known/openid-configuration")
        assert found.status == 200
    assert len([r for r in caplog.records if poisoned in r.getMessage()]) == 1
    marks = {f["name"]: f for f in json.loads(acrux.run("doctor", "--json").stdout)}
    assert marks[f"key {poisoned}"]["mark"] == "!!"
    assert marks["seals"]["text"].startswith("1 of the table signing_key")
    acrux("keys", "rotate", "--now", "--alg", "RS256")
    app = site.application("app")
    site.id_token(tokens(site, app)["id_token"])


def jwks(site: Site) -> set[str]:
    return {key["kid"] for key in site.client().send("GET", "/jwks").json["keys"]}


def test_a_key_whose_public_half_is_another_is_not_published(site: Site) -> None:
    ours = jwks(site)
    with site.work() as work:
        rows = key_store.everything(work)
        stated = json.loads(rows[0].public) | {"kid": "evilkid"}
        work.run(NEW_KEY, kid="evilkid", private=bytes(64), public=json.dumps(stated))
        work.run(
            NEW_KEY,
            kid="evil-twin",
            private=site.installation.keyring.seal(b"{}", "elsewhere"),
            public=json.dumps(stated | {"kid": "evil-twin"}),
        )
        work.run(
            Statement("UPDATE signing_key SET public = :public WHERE kid = :kid"),
            kid=rows[0].kid,
            public=json.dumps(stated | {"kid": rows[0].kid, "n": "AQAB", "x": "AQAB"}),
        )
    assert jwks(site) == ours - {rows[0].kid}


def test_readiness_tries_the_keyring_and_a_write(site: Site) -> None:
    def ready() -> tuple[int, str]:
        # Each process asks again at most once a second; this one is asked as another would be.
        site.app.extensions["acrux_readiness"]._said.forget()
        answer = site.client().send("GET", "/readyz")
        return answer.status, answer.headers.get("Retry-After", "")

    Acrux(site.environ)("user", "list")
    assert ready() == (200, "")
    with site.work() as work:
        rows = work.all(Statement("SELECT key, sealed FROM seal_check"))
        work.run(Statement("UPDATE seal_check SET sealed = :sealed"), sealed=bytes(60))
    assert ready() == (503, "5")
    with site.work() as work:
        work.run(Statement("UPDATE seal_check SET sealed = :sealed"), sealed=rows[0][1])
    assert ready() == (200, "")
    with site.work() as work:
        # What a full disk or a standby does: reading goes on, writing does not.
        work.run(Statement("DROP TABLE seal_check"))
    assert ready() == (503, "5")


@pytest.mark.slow
def test_a_process_learns_the_line_that_was_put_on_top(site: Site) -> None:
    """The order of docs/operate.md: the file first, and every process restarted some time later."""
    site.person("tane")
    app = site.application("app")
    acrux = Acrux(site.environ)
    path = site.folder / "keyring"
    write(path, a_key(), path.read_text().strip())
    kid = acrux.json("keys", "rotate", "--now", "--alg", "RS256")[0]["kid"]
    acrux(
        "user",
        "add",
        "hemi",
        "--email",
        "hemi@example.org",
        "--password-stdin",
        stdin="kererū over the ridge at dusk\n",
    )
    token = tokens(site, app)["id_token"]
    assert jose_header(token)["kid"] == kid
    site.id_token(token)
    browser = site.browser()
    browser.authorize(app)
    assert browser.sign_in("hemi", "kererū over the ridge at dusk").query["code"]


@pytest.mark.slow
def test_the_database_file_is_its_owners_alone_wherever_it_is(
    small_bare: Acrux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small_bare.environ["ACRUX_DATABASE__URL"] = "sqlite:///data.db"
    umask = os.umask(0)
    try:
        small_bare("init")
    finally:
        os.umask(umask)
    files = sorted(tmp_path.glob("data.db*"))
    assert files[0] == tmp_path / "data.db"
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert sqlite3.connect(files[0]).execute("SELECT count(*) FROM signing_key").fetchone() == (2,)
    files[0].chmod(0o644)
    marks = {f["name"]: f for f in json.loads(small_bare.run("doctor", "--json").stdout)}
    assert f"chmod 600 {files[0]}" in marks["database file"]["remedy"]


def test_names_that_a_command_takes_never_begin_with_a_dash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One in 64 random tokens does; the emergency of a key is no moment to learn of `--`."""
    drawn = iter(["-gSJgoC5eLYjll3j", "--SJgoC5eLYjll3j", "gSJgoC5eLYjll3j-"])
    monkeypatch.setattr("idp.crypto.random_token", lambda size=32: next(drawn))
    assert crypto.random_name(12) == "gSJgoC5eLYjll3j-"


@pytest.mark.slow
def test_a_key_of_an_earlier_version_is_withdrawn_by_its_name(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    kids = ["-gSJgoC5eLYjll3j", "-hSJgoC5eLYjll3j", "--SJgoC5eLYjll3j"]
    with small_site.work() as work:
        for kid in kids:
            small = Statement("UPDATE signing_key SET kid = :kid, retired_at = 1 WHERE kid = :was")
            was = signing_keys.generate(
                work, small_site.installation.keyring, "ES256", active_at=clock.now()
            )
            work.run(small, kid=kid, was=was)
    for kid in kids:
        assert acrux.json("keys", "withdraw", kid, "--compromised")["withdrawn"]
