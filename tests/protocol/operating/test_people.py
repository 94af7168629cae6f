"""Who may act on whom, and on which version, whatever the face."""

import pytest

from idp.errors import CommandError
from idp.operating import cases
from idp.operating.actor import OPERATOR, Actor
from idp.operating.cases import Cases
from idp.operating.people.naming import version_of
from idp.operating.people.standing import Outranked
from idp.operating.people.written import Newcomer, ProfileChange
from idp.operating.refusals import Changed, Conflict, NotFound
from idp.store.db import Work
from tests.support.site import PASSWORD, Site

DEEDS = {
    "change": lambda c, w, a, sub: c.register.change(w, a, sub, ProfileChange(name="X")),
    "address": lambda c, w, a, sub: c.register.set_address(w, a, sub, "x@example.org"),
    "number": lambda c, w, a, sub: c.register.set_number(w, a, sub, None),
    "off": lambda c, w, a, sub: c.register.switch_off(w, a, sub),
    "on": lambda c, w, a, sub: c.register.switch_on(w, a, sub),
    "delete": lambda c, w, a, sub: c.register.delete(w, a, sub),
    "reset": lambda c, w, a, sub: c.helping.reset(w, a, sub, "password"),
    "release": lambda c, w, a, sub: c.helping.release(w, a, sub),
    "sign out": lambda c, w, a, sub: c.helping.sign_out(w, a, sub),
    "invite": lambda c, w, a, sub: c.helping.invite(w, a, sub),
    "demand": lambda c, w, a, sub: c.helping.demand_password(w, a, sub),
}


def of(role: str, sub: str = "somebody") -> Actor:
    return Actor(frozenset({role}), person=sub)


@pytest.fixture
def can(small_site: Site) -> Cases:
    return cases.of(small_site.installation)


def roles(can: Cases, work: Work, actor: Actor, sub: str, *wanted: str) -> frozenset[str]:
    """Give someone roles, and return those that the person then has."""
    return can.register.change(work, actor, sub, ProfileChange(roles=wanted))[0].roles


@pytest.mark.parametrize("deed", DEEDS)
def test_an_owner_is_acted_on_by_owners_alone(small_site: Site, can: Cases, deed: str) -> None:
    small_site.person("kahu", roles=frozenset({"owner"}))
    password = None if deed == "invite" else PASSWORD
    owner = small_site.person("hana", roles=frozenset({"owner"}), password=password)
    with pytest.raises(Outranked, match="owners alone"), small_site.work() as work:
        DEEDS[deed](can, work, of("admin"), owner)
    with small_site.work() as work:
        DEEDS[deed](can, work, of("owner"), owner)


def test_a_help_desk_helps_nobody_who_runs_the_installation(small_site: Site, can: Cases) -> None:
    admin = small_site.person("hana", roles=frozenset({"admin"}))
    someone = small_site.person("tane")
    with pytest.raises(Outranked), small_site.work() as work:
        can.helping.reset(work, of("support"), admin, "password")
    with small_site.work() as work:
        assert can.helping.reset(work, of("support"), someone, "password").removed == 1


def test_nobody_raises_their_own_rights_and_owners_are_made_by_owners(
    small_site: Site, can: Cases
) -> None:
    hana = small_site.person("hana", roles=frozenset({"admin"}))
    tane = small_site.person("tane")
    for actor, sub, wanted in (
        (of("admin", hana), hana, ("admin", "auditor")),
        (of("owner", hana), hana, ("owner",)),
        (of("admin", hana), tane, ("owner",)),
    ):
        with pytest.raises(Outranked), small_site.work() as work:
            roles(can, work, actor, sub, *wanted)
    with pytest.raises(Outranked), small_site.work() as work:
        can.register.add(work, of("admin"), Newcomer("mere", "mere@a.nz", roles=("owner",)))
    with small_site.work() as work:
        assert roles(can, work, of("admin", hana), tane, "support") == {"support"}
        assert roles(can, work, of("admin", hana), hana, "admin", "payroll:clerk")
        assert roles(can, work, of("owner"), tane, "owner") == {"owner"}


@pytest.mark.slow
def test_there_is_always_an_owner_but_for_the_command(site: Site) -> None:
    can = cases.of(site.installation)
    one = site.person("kahu", roles=frozenset({"owner"}))
    with site.work() as work:
        off = site.person("hana", roles=frozenset({"owner"}))
        can.register.switch_off(work, OPERATOR, off)
    for deed in ("off", "delete"):
        with pytest.raises(CommandError, match="only owner"), site.work() as work:
            DEEDS[deed](can, work, of("owner"), one)
    with pytest.raises(CommandError, match="only owner"), site.work() as work:
        roles(can, work, of("owner"), one, "admin")
    with site.work() as work:
        assert roles(can, work, OPERATOR, one, "admin") == {"admin"}


def test_a_person_has_a_version_that_a_sign_in_does_not_move(site: Site) -> None:
    can = cases.of(site.installation)
    sub = site.person("tane")
    with site.work() as work:
        seen = version_of(can.directory.one(work, OPERATOR, sub))
        can.helping.sign_out(work, OPERATOR, sub)
    with site.work() as work:
        assert version_of(can.directory.one(work, OPERATOR, sub)) == seen
        can.register.change(work, OPERATOR, sub, ProfileChange(type="nurse"), seen=seen)
    with pytest.raises(Changed), site.work() as work:
        can.register.switch_off(work, OPERATOR, sub, seen=seen)


def test_people_are_found_as_one_types_page_by_page(site: Site) -> None:
    can = cases.of(site.installation)
    for name in ("tane", "tania", "mere", "wiremu_1", "wiremu01"):
        site.person(name, name=f"{name.capitalize()} Tamihana")

    def found(search: str, after: str = "", limit: int = 100) -> list[str]:
        with site.work() as work:
            page = can.directory.page(work, OPERATOR, search, after, limit)
        return [person.username for person in page]

    assert found("tan") == ["tane", "tania"]
    assert found("mere@exa") == ["mere"]
    assert found("tamihana", limit=2) == ["mere", "tane"]
    assert found("tamihana", "tane", 2) == ["tania", "wiremu01"]
    assert found("wiremu_") == ["wiremu_1"]
    assert found("%") == []


def test_a_name_that_is_taken_and_a_person_who_is_gone_are_told_apart(
    small_site: Site, can: Cases
) -> None:
    sub = small_site.person("tane")
    with pytest.raises(Conflict), small_site.work() as work:
        can.register.add(work, OPERATOR, Newcomer("tane", "other@example.org"))
    with small_site.work() as work:
        can.register.delete(work, OPERATOR, sub)
    with pytest.raises(NotFound, match="tane was deleted"), small_site.work() as work:
        can.directory.one(work, OPERATOR, sub)
