"""Reading the logs or stealing the database tells no password, code, key, token or number."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from idp.signin import sessions
from idp.store.db import connections
from idp.store.db.statements import Statement
from tests.support.secrecy import Hoard
from tests.support.site import MFA, PASSWORD, Answer, Application, Browser, Site

GUESS = "this was a wrong guess of theirs"
PHONE = "+64211234567"


def _cookies(hoard: Hoard, browser: Browser) -> None:
    hoard.add("cookie", *browser.http.cookies().values())
    hoard.add("CSRF token", browser.at.csrf)


def _tokens(hoard: Hoard, answer: Answer) -> dict[str, str]:
    body: dict[str, str] = answer.json
    hoard.add("access token", body["access_token"])
    hoard.add("refresh token", body.get("refresh_token", ""))
    hoard.add("ID token", body["id_token"], body["id_token"].rpartition(".")[2])
    return body


def _enrol_an_app(site: Site, hoard: Hoard, app: Application) -> str:
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA), login_hint="aroha")
    _cookies(hoard, browser)
    browser.sign_in(GUESS, "typed into the wrong field")
    browser.sign_in("aroha", GUESS)
    browser.sign_in("aroha")
    _cookies(hoard, browser)
    hoard.add("mailed code", site.mailed_code())
    browser.submit("/enrol/proof", code="000000")
    answer = browser.submit("/enrol/proof", code=site.mailed_code())
    answer = browser.open(answer.url + "/totp")
    secret = re.search(r"secret=([A-Z2-7]+)", answer.text)
    assert secret
    code = site.code(secret.group(1))
    hoard.add("app secret", secret.group(1))
    hoard.add("app code", code)
    answer = browser.set_up("/enrol/totp", code=code)
    _cookies(hoard, browser)
    hoard.add("authorization code", answer.query["code"])
    _tokens(hoard, site.redeem(app, answer.query["code"]))
    return secret.group(1)


def _use_everything(site: Site, hoard: Hoard, app: Application, secret: str) -> None:
    browser = site.browser()
    browser.authorize(app, scope="openid profile phone offline_access", prompt="consent")
    browser.sign_in("aroha")
    _cookies(hoard, browser)
    hoard.add("app code", code := site.code(secret))
    browser.submit("/totp", code=code)
    _cookies(hoard, browser)
    code = browser.submit("/consent", decision="allow").query["code"]
    hoard.add("authorization code", code)
    first = _tokens(hoard, site.redeem(app, code))
    second = _tokens(hoard, site.refresh(app, first["refresh_token"]))
    bearer = {"Authorization": f"Bearer {second['access_token']}"}
    assert site.client().send("GET", "/userinfo", None, bearer).status == 200
    site.client().send("POST", "/userinfo", {"access_token": second["access_token"]})
    site.advance(11)
    assert site.refresh(app, first["refresh_token"]).status == 400
    assert site.redeem(app, code).status == 400
    assert site.redeem(Application(app.client_id, GUESS), code).status == 401
    browser.authorize(app, id_token_hint=second["id_token"], prompt="none")
    browser.open("/end_session", id_token_hint=second["id_token"])


def _receive_a_text(site: Site, hoard: Hoard, app: Application) -> None:
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("mere")
    browser.submit("/sms/send")
    hoard.add("texted code", site.texted_code())
    browser.submit("/sms", code="000000")
    hoard.add("authorization code", browser.submit("/sms", code=site.texted_code()).query["code"])
    _cookies(hoard, browser)


def _journey(site: Site) -> Hoard:
    site.person("aroha", phone=PHONE)
    site.person("mere", sms=True, phone=PHONE)
    app = site.application(first_party=False)
    everyday = site.application("everyday")
    hoard = Hoard()
    hoard.add("password", PASSWORD, GUESS, "typed into the wrong field")
    hoard.add("client secret", app.secret or "", everyday.secret or "")
    hoard.add("PKCE verifier", app.verifier, everyday.verifier)
    hoard.add("phone number", PHONE, PHONE[1:], "0" + PHONE[3:], PHONE[3:])
    secret = _enrol_an_app(site, hoard, everyday)
    _use_everything(site, hoard, app, secret)
    _receive_a_text(site, hoard, everyday)
    hoard.add("key", *(site.folder / "keyring").read_text().split())
    assert len(hoard.found) > 30
    return hoard


def _rows(site: Site) -> Iterator[tuple[str, str]]:
    """Yield every table and all its rows as text, bytes read as Latin-1."""
    with site.work() as work:
        for table in connections.db.metadata.tables:
            for row in work.all(Statement(f'SELECT * FROM "{table}"')):
                cells = [
                    bytes(cell).decode("latin-1") if isinstance(cell, bytes | memoryview) else cell
                    for cell in row
                ]
                yield table, json.dumps(cells, ensure_ascii=False, default=str)


def test_neither_logs_nor_database_hold_a_secret(
    site: Site, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    hoard = _journey(site)
    logged = "\n".join(f"{r.name} {r.getMessage()} {r.exc_text or ''}" for r in caplog.records)
    assert logged, "something was logged, or this proves nothing"
    assert hoard.seen_in(logged) == []
    assert hoard.seen_in("".join(capfd.readouterr())) == []
    tables = set()
    for table, text in _rows(site):
        tables.add(table)
        but = ("phone number",) if table == "person" else ()
        assert hoard.seen_in(text, but=but) == [], (table, text)
    assert {"event", "session", "authorization", "token", "credential", "outbox"} <= tables


def test_the_files_of_sqlite_hold_no_secret_not_even_a_deleted_one(small_site: Site) -> None:
    hoard = _journey(small_site)
    files = {file.name: file.read_bytes() for file in small_site.folder.glob("acrux.db*")}
    for name, content in files.items():
        text = content.decode("latin-1")
        assert hoard.seen_in(text, but=("phone number",)) == [], name
    assert PHONE.encode() in b"".join(files.values()), "the profile's own, so the search works"


def test_only_its_owner_reads_the_keys(small_site: Site) -> None:
    assert (small_site.folder / "keyring").stat().st_mode & 0o077 == 0


def test_a_fault_of_ours_is_logged_without_what_was_typed(
    small_site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = small_site.secret()
    small_site.person("tane", totp=secret)
    browser = small_site.browser()
    browser.authorize(small_site.application())

    def broken(*_: object) -> str:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "rotate", broken)
        page = browser.sign_in("tane")
    assert page.status == 500
    for word in ("RuntimeError", "Traceback", "disk", "idp/", PASSWORD):
        assert word not in page.text
    assert "disk is full" in caplog.text
    assert PASSWORD not in caplog.text
    assert not small_site.events(kind="person:factor:proved"), "nothing is kept"


@pytest.mark.parametrize("access_log", ["true", "false"])
def test_a_real_server_writes_no_secret(tmp_path: Path, access_log: str) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", server__access_log=access_log)
    try:
        with site.serve(workers=1):
            hoard = _journey(site)
        log = (tmp_path / "serve.log").read_text()
        assert "is served at" in log
        assert hoard.seen_in(log) == []
        assert quote(PASSWORD) not in log
        assert "the-state" not in log
    finally:
        site.close()
