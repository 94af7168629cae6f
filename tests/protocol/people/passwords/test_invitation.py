"""A first password by invitation: chosen by the person, seen by no operator."""

from datetime import UTC, datetime
from typing import Any

import pytest

from idp import clock
from idp.policy.rollout import Strength
from idp.store import next_sign_in
from tests.protocol.command import Acrux
from tests.support.letters import choose, delivered, kinds, mailed_link, newest
from tests.support.site import MFA, PASSWORD, Site
from tests.support.stand_ins.smtp import mail_server

NEW = "harbour lantern sixpence moss"


def operator(site: Site) -> Acrux:
    return Acrux(site.environ)


@pytest.mark.slow
def test_an_invited_person_chooses_the_first_password(site: Site) -> None:
    added = operator(site).json("user", "add", "aroha", "--email", "a@example.org", "--invite")
    mail = newest(site, "invitation")
    assert mail["to"] == "a@example.org"
    assert "Your user name is aroha" in mail["body"]
    browser = site.browser()
    path = mailed_link(site, "invitation")
    assert browser.open(path).heading == "Choose your password"
    assert browser.submit(path, password="short").status == 400
    assert browser.submit(path, password=NEW).heading == "Your password is set"
    browser.authorize(site.application())
    assert "code" in browser.sign_in("aroha", NEW).query
    shown = operator(site).json("user", "show", "aroha")
    assert shown["methods"] == ["password"]
    assert shown["email_verified"] is True, "whoever opened the mail has the address"
    events = [e["event"] for e in operator(site).events(person=added["sub"])]
    assert events[:3] == [
        "operator:person:added",
        "operator:person:invited",
        "person:password:changed",
    ]


def test_neither_link_nor_password_is_ever_printed(small_site: Site) -> None:
    said = operator(small_site)("user", "add", "aroha", "--email", "a@example.org", "--invite")
    said += operator(small_site)("user", "invite", "aroha")
    path = mailed_link(small_site, "invitation")
    assert path.rpartition("/")[2] not in said + str(small_site.events())
    assert "/l/" not in said


@pytest.mark.slow
def test_an_invitation_lives_seven_days_and_a_new_one_ends_it(small_site: Site) -> None:
    acrux = operator(small_site)
    acrux("user", "add", "aroha", "--email", "a@example.org", "--invite")
    first = mailed_link(small_site, "invitation")
    small_site.advance(7 * 86400 - 5)
    assert small_site.browser().open(first).status == 200
    acrux("user", "invite", "aroha")
    second = mailed_link(small_site, "invitation")
    assert small_site.browser().open(first).status == 410
    assert choose(small_site, second, NEW).heading == "Your password is set"
    assert choose_again(small_site, second) == 410


def choose_again(site: Site, path: str) -> int:
    return site.browser().open(path).status


@pytest.mark.slow
def test_who_has_a_password_or_is_switched_off_is_not_invited(small_site: Site) -> None:
    acrux = operator(small_site)
    small_site.person("tane")
    assert "there is a password already" in acrux.refused("user", "invite", "tane")
    acrux("user", "add", "aroha", "--email", "a@example.org", "--invite")
    acrux("user", "disable", "aroha")
    assert "switched off" in acrux.refused("user", "invite", "aroha")
    assert small_site.browser().open(mailed_link(small_site, "invitation")).status == 410
    assert "nobody called" in acrux.refused("user", "invite", "who")


def test_an_invitation_and_a_given_password_exclude_each_other(small_site: Site) -> None:
    result = operator(small_site).run(
        *("user", "add", "aroha", "--email", "a@example.org", "--invite", "--password-stdin"),
        stdin=PASSWORD,
    )
    assert result.exit_code == 2
    assert "leave one of them out" in result.stderr


def test_without_mail_nobody_is_added_to_be_invited(small_site: Site) -> None:
    acrux = Acrux({**small_site.environ, "ACRUX_MAIL__BACKEND": "off"})
    line = acrux.refused("user", "add", "aroha", "--email", "a@example.org", "--invite")
    assert "set mail.backend" in line
    assert acrux.json("user", "list") == []


def test_an_operator_demands_a_new_password(small_site: Site) -> None:
    small_site.person("tane", totp=small_site.secret())
    small_site.person("hana", password=None)
    said = operator(small_site)("user", "demand-password", "tane")
    assert "signed out and needs a new password" in said
    [event] = small_site.events(kind="person:password:demanded")
    assert event.reason == "demanded by an operator"
    assert "has no password" in operator(small_site).refused("user", "demand-password", "hana")
    assert kinds(small_site) == []


def test_a_password_that_an_operator_sets_ends_every_link_and_is_told(small_site: Site) -> None:
    acrux = operator(small_site)
    acrux("user", "add", "aroha", "--email", "a@example.org", "--invite")
    path = mailed_link(small_site, "invitation")
    acrux("user", "set-password", "aroha", "--password-stdin", stdin=PASSWORD)
    assert small_site.browser().open(path).status == 410
    mail = newest(small_site, "password-changed")
    assert "Where: by the people who look after your account" in mail["body"]


@pytest.mark.slow
def test_an_invitation_that_was_not_mailed_is_not_said_to_be(small_site: Site) -> None:
    with mail_server() as server:
        acrux = Acrux(small_site.environ | server.settings())
        acrux("user", "add", "aroha", "--email", "a@example.org")
        server.refuse_with = "550 No such user here"
        line = acrux.refused("user", "invite", "aroha")
        assert line == (
            "the invitation of aroha was not mailed: SMTP: recipient refused, 550 (given up)"
        )
        server.refuse_with = ""
        assert "a link was mailed to a@example.org" in acrux("user", "invite", "aroha")
        assert len(server.mails) == 1
    line = acrux.refused("user", "invite", "aroha")
    assert line.startswith("the invitation of aroha was not mailed: SMTP: ")
    assert line.endswith("it is tried again where `acrux serve` or `acrux worker` runs)")
    added = acrux.run("user", "add", "hemi", "--email", "h@example.org", "--invite")
    assert added.exit_code == 1
    assert "hemi was added, but the invitation was not mailed" in added.stderr


# -- the day from which a second step is needed


AT = int(datetime(2096, 10, 1, 11, tzinfo=UTC).timestamp())
"""Midnight in Auckland."""
DATE = "Tuesday, 2 October 2096"


def invitation(site: Site, *words: str) -> str:
    """Invite someone and return what the mail says."""
    operator(site)("user", "add", "aroha", "--email", "a@example.org", "--invite", *words)
    return str(newest(site, "invitation")["body"])


def planned(site: Site, audience: str = "nurse", at: int | None = AT, **more: Any) -> None:
    when = None if at is None else at - clock.now()
    site.stage(audience, MFA, when, zone="Pacific/Auckland", **more)


def test_an_invitation_names_the_day_from_which_a_second_step_is_needed(site: Site) -> None:
    planned(site)
    body = invitation(site, "--type", "nurse")
    assert f"\n\nFrom {DATE}, Acrux needs a second step when you sign in: something" in body
    assert "Set it up any time before, in about five minutes: sign in, and have your" in body


def test_it_does_so_in_the_language_of_the_person(small_site: Site) -> None:
    planned(small_site)
    person = small_site.person("aroha", password=None, user_type="nurse")
    with small_site.work() as work:
        next_sign_in.set_locale(work, person, "de")
    operator(small_site)("user", "invite", "aroha")
    assert "Ab Dienstag, 2. Oktober 2096" in newest(small_site, "invitation")["body"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "stage",
    [
        {"audience": "guest"},
        {"announce_at": AT - 60},
        {"stopped_at": 1},
        {"strength": Strength.OPTIONAL},
        {"at": None, "required": False},
        {"excluded": ("type:nurse",)},
    ],
    ids=str,
)
def test_it_names_no_day_of_a_stage_that_does_not_ask_or_is_not_told_of(
    small_site: Site, stage: dict[str, Any]
) -> None:
    planned(small_site, **stage)
    assert "second step" not in invitation(small_site, "--type", "nurse")


def test_of_two_stages_it_names_the_day_of_the_first(small_site: Site) -> None:
    planned(small_site, "*", AT + 86400 * 30)
    planned(small_site)
    assert DATE in invitation(small_site, "--type", "nurse")


def test_everyone_who_is_imported_reads_it_too(small_site: Site) -> None:
    planned(small_site)
    table = small_site.folder / "people.csv"
    rows = ("username,email,type", "aroha,a@example.org,nurse", "bella,b@example.org,guest")
    table.write_text("\n".join(rows))
    operator(small_site)("user", "import", str(table), "--invite")
    small_site.work_off()
    said = {m["to"]: DATE in m["body"] for m in delivered(small_site) if m["kind"] == "invitation"}
    assert said == {"a@example.org": True, "b@example.org": False}
