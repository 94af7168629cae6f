"""A directory checks passwords: OpenLDAP's slapd, really started, over TLS of an own authority."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from idp.audit import Event
from idp.store import people
from idp.store.db.statements import Statement
from idp.store.people import PersonRow
from tests.protocol.command import Acrux
from tests.support.letters import newest
from tests.support.programs.slapd import BASE, READER, Slapd
from tests.support.site import MFA, PASSWORD, Answer, Application, Site
from tests.support.stand_ins import authenticator

pytestmark = pytest.mark.slapd
THEIRS = "kauri & rimu in the rain"
MFA_WANTED = json.dumps({"id_token": {"acr": {"essential": True, "value": MFA}}})


@pytest.fixture(scope="module")
def running(slapd: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    made = Slapd(tmp_path_factory.mktemp("slapd"))
    made.start()
    made.fill()
    made.person("ana", THEIRS, employeeType="staff")
    made.add(
        f"cn=Payroll,ou=groups,{BASE}",
        objectClass=["groupOfNames"],
        member=[f"uid=ana,ou=people,{BASE}"],
    )
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def ana_alone(running: Slapd) -> Iterator[None]:
    """What a test adds is nobody's afterwards."""
    yield
    running.forget("ana")


@pytest.fixture
def site(running: Slapd, tmp_path: Path, database_url: str) -> Iterator[Site]:
    made = Site(tmp_path, database_url, **running.settings)
    yield made
    made.close()


def sign_in(site: Site, name: str, password: str = THEIRS, **changes: Any) -> Answer:
    """Return where the password page leads someone."""
    browser = site.browser()
    browser.authorize(application(site), **changes)
    return browser.sign_in(name, password)


def application(site: Site) -> Application:
    """Return the one application of a site."""
    known: Application | None = getattr(site, "known", None)
    if known is None:
        known = site.application()
        site.known = known  # type: ignore[attr-defined]
    return known


def is_in(answer: Answer) -> bool:
    return "code" in answer.query


def person(site: Site, name: str) -> PersonRow | None:
    with site.work() as work:
        return people.by_name(work, name)


def reasons(site: Site, event: Event) -> list[str]:
    with site.work() as work:
        found: list[str] = work.column(
            Statement("SELECT reason FROM event WHERE kind = :kind ORDER BY id"), kind=event.value
        )
    return found


def test_someone_of_the_directory_is_there_after_the_first_sign_in(site: Site) -> None:
    assert person(site, "ana") is None
    first = sign_in(site, "Ana ")
    assert is_in(first), first.text
    found = person(site, "ana")
    assert found is not None
    assert (found.name, found.email, found.email_verified) == ("Ana", "ana@example.org", True)
    assert (found.user_type, found.groups, found.roles) == ("staff", ("Payroll",), frozenset())
    claims = site.claims(application(site), first)
    assert claims["amr"] == ["pwd"]
    assert is_in(sign_in(site, "ana@example.org")), "and by the address, once she is here"
    assert len(reasons(site, Event.PERSON_ADDED)) == 1


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ana", "another"),
        ("nobody", THEIRS),
        ("*", THEIRS),
        ("an*", THEIRS),
        ("ana)(uid=*", THEIRS),
        ("ana)(|(uid=*))", THEIRS),
        ("\\61na", THEIRS),
        ("ana,ou=people", THEIRS),
        ("ana", "\0"),
        ("ana", f"{THEIRS}\0"),
        ("ana", "x" * 4000),
    ],
)
def test_what_is_not_right_is_refused_in_the_same_words(
    site: Site, name: str, password: str
) -> None:
    answer = sign_in(site, name, password)
    assert answer.status == 400
    assert "That name and password don" in answer.text
    assert person(site, "ana") is None


def test_an_empty_password_never_reaches_the_directory(site: Site) -> None:
    answer = sign_in(site, "ana", "")
    assert (answer.status, "Type your password" in answer.text) == (400, True)
    assert reasons(site, Event.FACTOR_REJECTED) == []


def test_the_second_step_stays_ours(site: Site) -> None:
    answer = sign_in(site, "ana", claims=MFA_WANTED)
    assert not is_in(answer)
    assert "/enrol" in answer.url


def test_someone_with_a_password_here_is_not_asked_of_the_directory(
    site: Site, running: Slapd
) -> None:
    running.person("local", THEIRS)
    site.person("local")
    assert sign_in(site, "local").status == 400
    assert is_in(sign_in(site, "local", PASSWORD))


def test_who_is_switched_off_or_gone_there_comes_in_no_more(site: Site, running: Slapd) -> None:
    dn = running.person("bea", THEIRS)
    assert is_in(sign_in(site, "bea"))
    running.put(dn, description="disabled")
    assert sign_in(site, "bea").status == 400
    assert "switched off there" in reasons(site, Event.FACTOR_REJECTED)[-1]
    running.put(dn, description=[])
    assert is_in(sign_in(site, "bea"))


def test_name_type_and_groups_follow_and_a_new_name_there_is_the_same_person(
    site: Site, running: Slapd
) -> None:
    dn = running.person("cara", THEIRS, employeeType="intern")
    sign_in(site, "cara")
    running.put(dn, cn="Cara Two", employeeType="staff", mail="other@example.org")
    running.rename(dn, "uid=carla")
    assert is_in(sign_in(site, "carla")), "by the new name"
    assert is_in(sign_in(site, "cara")), "by the name that she has here"
    found = person(site, "cara")
    assert found is not None
    assert (found.name, found.user_type) == ("Cara Two", "staff")
    assert found.email == "cara@example.org", "where our messages go is not moved from there"
    assert person(site, "carla") is None


def test_another_entry_of_the_same_name_is_not_the_same_person(site: Site, running: Slapd) -> None:
    dn = running.person("dora", THEIRS)
    sign_in(site, "dora")
    running.rename(dn, "uid=dora-the-first")
    running.person("dora", "her own password", mail="dora2@example.org")
    assert sign_in(site, "dora", "her own password").status == 400
    assert is_in(sign_in(site, "dora"))


def test_an_entry_whose_address_is_somebody_elses_here_is_told_to_ask(
    site: Site, running: Slapd
) -> None:
    site.person("mia")
    running.person("eve", THEIRS, mail="mia@example.org")
    running.person("nomail", THEIRS, mail=[])
    for name in ("eve", "nomail"):
        answer = sign_in(site, name)
        assert (answer.status, "cannot be used here" in answer.text) == (400, True)
        assert person(site, name) is None


def test_whoever_is_here_without_a_password_is_linked_where_the_settings_say_so(
    running: Slapd, tmp_path: Path
) -> None:
    running.person("finn", THEIRS)
    for number, adopt in enumerate((False, True)):
        (tmp_path / str(number)).mkdir()
        made = Site(tmp_path / str(number), "", **running.settings, directory__adopt=adopt)
        try:
            made.person("finn", password=None)
            assert is_in(sign_in(made, "finn")) is adopt
        finally:
            made.close()


def test_people_may_bind_by_themselves(running: Slapd, tmp_path: Path) -> None:
    running.put(f"uid=ana,ou=people,{BASE}", cn="Ana")
    alone = {
        **running.settings,
        "directory__bind_dn": "",
        "directory__bind_password": "",
        "directory__bind_template": f"uid={{name}},ou=people,{BASE}",
    }
    made = Site(tmp_path, "", **alone)
    try:
        assert is_in(sign_in(made, "ana"))
        assert is_in(sign_in(made, "ana"))
        assert sign_in(made, "ana", "another").status == 400
        assert sign_in(made, "ana,ou=people").status == 400
        assert sign_in(made, "").status == 400
    finally:
        made.close()


def test_whoever_binds_by_a_name_is_the_entry_that_is_found(running: Slapd, tmp_path: Path) -> None:
    """The name of someone who was renamed there is another's: by it nobody is the former."""
    alone = {
        **running.settings,
        "directory__bind_dn": "",
        "directory__bind_password": "",
        "directory__bind_template": f"uid={{name}},ou=people,{BASE}",
    }
    made = Site(tmp_path, "", **alone)
    try:
        dn = running.person("gwen", THEIRS)
        assert is_in(sign_in(made, "gwen"))
        running.rename(dn, "uid=gwen-the-first")
        running.person("gwen", "her own password", mail="gwen2@example.org")
        assert sign_in(made, "gwen", "her own password").status == 400
    finally:
        made.close()


def test_a_name_that_is_only_like_one_of_the_directory_is_nobodys(
    running: Slapd, tmp_path: Path
) -> None:
    """It would be counted as another name, and the same password guessed at anew by each."""
    running.person("hugo", THEIRS, cn="Hugo Long Name")
    byname = {**running.settings, "directory__filter": "(|(uid={name})(cn={name}))"}
    made = Site(tmp_path, "", **byname)
    try:
        for name in ("hugo  long name", "hugo long  name"):
            assert sign_in(made, name).status == 400
        assert person(made, "hugo") is None
        assert is_in(sign_in(made, "HUGO long name"))
        assert is_in(sign_in(made, "hugo"))
    finally:
        made.close()


def test_what_can_be_no_group_or_type_here_keeps_nobody_in_the_others(
    site: Site, running: Slapd
) -> None:
    ours = f"Board of {site.installation.engine.dialect.name}"
    dn = running.person("iris", THEIRS, employeeType="staff")
    for name in (f"{ours}\\, North", ours):
        group = f"cn={name},ou=groups,{BASE}"
        running.add(group, objectClass=["groupOfNames"], member=[dn])
    assert is_in(sign_in(site, "iris"))
    found = person(site, "iris")
    assert found is not None
    assert found.groups == (ours,)
    running.put(f"cn={ours},ou=groups,{BASE}", member=[READER])
    running.put(dn, employeeType="no type, this")
    assert is_in(sign_in(site, "iris"))
    found = person(site, "iris")
    assert found is not None
    assert (found.groups, found.user_type) == ((), "staff")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ca_bundle": ""}, "the certificate is not accepted"),
        ({"url": "ldaps://127.0.0.2:{port}"}, "the certificate is not accepted"),
        ({"url": "ldaps://127.0.0.1:1"}, "Connection refused"),
        ({"url": "ldap://127.0.0.2:{open}"}, "Connection refused"),
        ({"bind_password": "another"}, "it refuses directory.bind_dn"),
        ({"base": "ou=nowhere,dc=example,dc=org"}, "No such object"),
        ({"id": "employeeNumber"}, "an entry has no employeeNumber"),
    ],
    ids=["authority", "name", "nowhere", "nowhere-to-begin-tls", "password", "base", "id"],
)
def test_a_directory_that_cannot_be_trusted_or_asked_lets_nobody_in_and_is_named(
    running: Slapd, tmp_path: Path, change: dict[str, str], says: str
) -> None:
    values = {"port": running.port, "open": running.open_port}
    given = {f"directory__{key}": value.format(**values) for key, value in change.items()}
    made = Site(tmp_path, "", **{**running.settings, **given})
    try:
        answer = sign_in(made, "ana")
        assert (answer.status, "does not answer just now" in answer.text) == (400, True)
        assert says in reasons(made, Event.FACTOR_REJECTED)[-1]
    finally:
        made.close()


@pytest.mark.parametrize(
    "change",
    [
        {"url": "ldap://127.0.0.1:{open}"},
        {"url": "ldap://127.0.0.1:{open}", "start_tls": "false", "plain": "true"},
        {"url": "ldaps://127.0.0.1:1 ldaps://localhost:{port}"},
    ],
    ids=["start-tls", "plain-on-this-machine", "the-second-of-two"],
)
def test_ways_to_reach_it(running: Slapd, tmp_path: Path, change: dict[str, str]) -> None:
    values = {"port": running.port, "open": running.open_port}
    given = {f"directory__{key}": value.format(**values) for key, value in change.items()}
    made = Site(tmp_path, "", **{**running.settings, **given})
    try:
        assert is_in(sign_in(made, "ana"))
    finally:
        made.close()


def test_a_directory_that_cannot_begin_tls_gets_no_password(running: Slapd, tmp_path: Path) -> None:
    """Somebody in between answers that there is no TLS here."""
    heard = []

    def answer(server: socket.socket) -> None:
        line, _ = server.accept()
        with line:
            heard.append(line.recv(1000))
            line.sendall(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00")
            heard.append(line.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as between:
        thread = threading.Thread(target=answer, args=(between,))
        thread.start()
        url = f"ldap://127.0.0.1:{between.getsockname()[1]}"
        made = Site(tmp_path, "", **{**running.settings, "directory__url": url})
        try:
            assert "does not answer just now" in sign_in(made, "ana").text
            assert "does not begin TLS" in reasons(made, Event.FACTOR_REJECTED)[-1]
        finally:
            made.close()
        thread.join()
    assert THEIRS.encode() not in b"".join(heard)
    assert heard[1:] == [b""]


def test_while_it_is_away_a_page_says_what_to_do_and_nothing_is_counted(
    tmp_path: Path, database_url: str, slapd: None
) -> None:
    folder = tmp_path / "slapd"
    folder.mkdir()
    own = Slapd(folder)
    own.start()
    made = Site(tmp_path, database_url, **own.settings)
    try:
        own.fill()
        own.person("ana", THEIRS)
        assert is_in(sign_in(made, "ana"))
        browser = made.browser()
        browser.authorize(application(made), claims=MFA_WANTED)
        browser.sign_in("ana", THEIRS)
        soft = authenticator.device(browser)
        authenticator.confirm_address(browser)
        browser.open(f"{browser.at.url.removesuffix('/webauthn')}/webauthn")
        assert is_in(authenticator.add(browser, soft))
        own.stop()
        other = made.browser()
        other.authorize(application(made), claims=MFA_WANTED)
        assert is_in(authenticator.use(other, soft)), "a passkey is checked here"
        for _ in range(12):
            answer = sign_in(made, "ana")
            assert answer.status == 400
            assert "does not answer just now" in answer.text
        own.start()
        assert sign_in(made, "ana").url.endswith("/webauthn"), "nobody was held back for it"
    finally:
        own.stop()
        made.close()


def test_a_directory_that_takes_the_line_and_says_nothing_is_waited_for_so_long(
    tmp_path: Path, running: Slapd
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for scheme in ("ldaps", "ldap"):
            (tmp_path / scheme).mkdir()
            changed = {
                "directory__url": f"{scheme}://127.0.0.1:{port}",
                "directory__seconds": 1,
            }
            made = Site(tmp_path / scheme, "", **{**running.settings, **changed})
            try:
                begun = time.monotonic()
                answer = sign_in(made, "ana")
                assert "does not answer just now" in answer.text
                assert time.monotonic() - begun < 6
            finally:
                made.close()


def test_so_many_wait_for_it_and_everybody_else_goes_on(tmp_path: Path, running: Slapd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as pool:
        silent.settimeout(30)
        url = f"ldaps://127.0.0.1:{silent.getsockname()[1]}"
        slow = {"directory__url": url, "directory__seconds": 30, "directory__at_once": 1}
        made = Site(tmp_path, "", **{**running.settings, **slow})
        try:
            made.person("local")
            application(made)
            waiting = pool.submit(sign_in, made, "ana")
            line, _ = silent.accept()
            with line:
                assert "does not answer just now" in sign_in(made, "bea").text
                assert sign_in(made, "local", "another").status == 400
                assert is_in(sign_in(made, "local", PASSWORD))
                assert not waiting.done()
            assert "does not answer just now" in waiting.result(30).text
        finally:
            made.close()


def test_the_password_is_changed_there_and_never_here(site: Site) -> None:
    browser = site.browser()
    browser.authorize(application(site))
    browser.sign_in("ana", THEIRS)
    page = browser.open("/account/password")
    assert "it is changed there, not here" in page.text
    assert 'name="current"' not in page.text
    browser.open("/account/details")
    sent = browser.post("/account/password", current=THEIRS, password="a quite new sentence")
    assert sent.status == 400
    found = person(site, "ana")
    assert found is not None
    with site.work() as work:
        assert not site.installation.passwords.demand(work, found, "a test")
        site.installation.password_links.mail_reset(work, found)
    assert reasons(site, Event.RESET_ASKED)[-1] == "told that it is the directory's"
    site.work_off()
    assert "it is changed there, not by us" in newest(site, "reset-elsewhere")["body"]
    acrux = Acrux(site.environ)
    words = ("user", "set-password", "ana", "--password-stdin")
    told = acrux.run(*words, stdin="a quite new sentence\n")
    assert (told.exit_code, "is the directory's" in told.output) == (1, True)
    assert is_in(sign_in(site, "ana")), "it is the directory's still"


def test_guesses_are_counted_as_at_passwords_of_ours(site: Site) -> None:
    sign_in(site, "ana")
    answers = [sign_in(site, "ana", f"guess {number}") for number in range(12)]
    assert "Too many tries" in answers[-1].text
    assert "Too many tries" in sign_in(site, "ana").text


def test_doctor_asks_the_directory(site: Site, running: Slapd) -> None:
    def found() -> tuple[str, str]:
        said = json.loads(Acrux(site.environ).run("doctor", "--json").stdout)
        [one] = [one for one in said if one["name"] == "directory"]
        return one["mark"], one["text"]

    assert found() == ("OK", "it answers, takes our name and password, and can be searched")
    site.environ["ACRUX_DIRECTORY__BIND_PASSWORD"] = "another"
    mark, text = found()
    assert (mark, "it refuses directory.bind_dn" in text) == ("!!", True)
