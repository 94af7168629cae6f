"""People of a directory: their passwords are checked there, and all else is ours."""

from pathlib import Path

import pytest

from idp.audit import Event
from tests.protocol.command import Acrux
from tests.protocol.directory.members import (
    MFA_WANTED,
    THEIRS,
    application,
    is_in,
    person,
    reasons,
    sign_in,
)
from tests.support.letters import newest
from tests.support.programs.slapd import BASE, READER, Slapd
from tests.support.site import PASSWORD, Site

pytestmark = pytest.mark.slapd


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_guesses_are_counted_as_at_passwords_of_ours(site: Site) -> None:
    sign_in(site, "ana")
    answers = [sign_in(site, "ana", f"guess {number}") for number in range(12)]
    assert "Too many tries" in answers[-1].text
    assert "Too many tries" in sign_in(site, "ana").text
