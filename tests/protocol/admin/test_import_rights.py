"""Whose rights a file of people is brought in with, and that it gives nobody more."""

import pytest

from idp.audit import Event
from idp.operating.people.import_running import ImportRunning
from idp.store import people
from tests.protocol.admin.test_frame import someone
from tests.protocol.admin.test_import_pages import lines, names, small_parts, tried, work_off
from tests.protocol.command import Acrux
from tests.support.site import Site


@pytest.mark.slow
def test_a_file_changes_nobody_who_may_do_more_and_gives_no_role_of_ours(small_site: Site) -> None:
    small_site.person("rangi", roles=frozenset({"owner"}), user_type="staff")
    browser = someone(small_site, "admin")
    text = "username,type,roles\nrangi,nurse,\nadmin,nurse,owner\n"
    page = tried(small_site, browser, text, update="1")
    assert lines(page, "counts") == ["2 cannot be brought in"]
    assert "is an owner" in page.text


@pytest.mark.slow
def test_whoever_lost_the_role_meanwhile_brings_nobody_in(small_site: Site) -> None:
    browser = someone(small_site, "admin")
    page = tried(small_site, browser, "username,email\naroha,a@a.nz\n")
    browser.submit("/carry-out")
    with small_site.work() as work:
        me = people.by_name(work, "admin")
        assert me
        people.set_disabled(work, me.id, True)
    work_off(small_site)
    assert names(small_site) == {"admin"}
    other = someone(small_site, "owner")
    assert "could not be read to its end" in other.open(page.url).text


@pytest.mark.slow
def test_whoever_goes_on_with_anothers_file_does_it_with_their_own_rights_and_name(
    small_site: Site,
) -> None:
    small_site.person("rangi", roles=frozenset({"owner"}), user_type="staff")
    owner, admin = someone(small_site, "owner"), someone(small_site, "admin")
    page = tried(small_site, owner, "username,type\nrangi,nurse\n", update="1")
    assert lines(page, "counts") == ["1 would be changed"]
    admin.open(page.url)
    admin.submit("/carry-out")
    work_off(small_site)
    assert lines(admin.open(page.url), "counts") == ["1 could not be brought in"]
    with small_site.work() as work:
        rangi = people.by_name(work, "rangi")
    assert rangi
    assert rangi.user_type == "staff"
    assert small_site.events(kind=Event.IMPORT_ENDED)[0].username == "admin"


@pytest.mark.slow
def test_whoever_loses_the_role_in_the_middle_brings_in_no_more(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_parts(monkeypatch)
    rows = "".join(f"kaimahi{n},k{n}@a.nz\n" for n in range(7))
    browser = someone(small_site, "admin")
    page = tried(small_site, browser, f"username,email\n{rows}")
    browser.submit("/carry-out")
    real = ImportRunning._note

    def noted(self, *values):
        real(self, *values)
        Acrux(small_site.environ)("user", "set", "admin", "roles=")

    monkeypatch.setattr(ImportRunning, "_note", noted)
    work_off(small_site)
    assert names(small_site) == {"admin", "kaimahi0", "kaimahi1"}
    other = someone(small_site, "owner")
    assert "could not be read to its end" in other.open(page.url).text
