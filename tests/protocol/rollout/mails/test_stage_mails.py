"""Whom a mail ahead of a date goes to, on which day, and what it says."""

import re
from collections import Counter

import pytest

from idp import clock
from idp.rollout.mails.letters import date_of
from idp.rollout.mails.notices import AGAIN
from idp.store import people
from tests.protocol.command import Acrux
from tests.protocol.rollout.mails.ahead import DAY, in_days, look, mails, planned, states
from tests.support.site import MFA, Site


def test_people_hear_of_a_date_once_on_each_of_its_days(site: Site) -> None:
    site.person("aroha")
    site.advance(in_days(1) + 60)
    planned(site, 30)
    expected = Counter[tuple[str, str]]()
    days = (("announced", 9), ("reminder", 14), ("reminder", 6), ("tomorrow", 1), ("today", 1))
    for kind, days_to_next in days:
        expected["aroha", f"stage-{kind}"] += 1
        look(site)
        site.advance(7200)
        look(site)
        assert mails(site) == expected
        site.advance(in_days(days_to_next) + 60)
    look(site)
    assert mails(site) == expected, "it is over"
    assert states(site)[("reminder-21", "sent")] == 1


def test_only_those_whom_it_concerns_and_who_are_not_ready_hear_of_it(site: Site) -> None:
    site.person("aroha", user_type="nurse")
    site.person("bella", user_type="guest")
    site.person("hemi", user_type="nurse", totp=site.secret())
    site.person("mere", user_type="nurse")
    off = site.person("rangi", user_type="nurse")
    let_off = site.person("tane", user_type="nurse")
    with site.work() as work:
        people.set_disabled(work, off, True)
        mere = people.by_name(work, "mere")
        assert mere
    stage_id = planned(site, audience="nurse", excluded=(f"person:{mere.id}",))
    with site.work() as work:
        found = site.installation.stages.find(work, stage_id)
        site.installation.stages.let_off(
            work, found, let_off, until=clock.now() + DAY, reason="on leave", author="x"
        )
    look(site)
    assert mails(site) == {("aroha", "stage-announced"): 1}
    site.advance(2 * DAY)
    look(site)
    assert mails(site)[("tane", "stage-announced")] == 1, "the exception is over"


def test_a_plan_that_begins_late_is_one_mail(site: Site) -> None:
    site.person("aroha")
    planned(site, 5)
    look(site)
    look(site)
    assert mails(site) == {("aroha", "stage-announced"): 1}


@pytest.mark.slow
def test_whoever_changes_type_the_day_before_is_told_the_same_day(site: Site) -> None:
    site.advance(in_days(1) + 60)
    site.person("aroha", user_type="guest")
    site.person("bella", user_type="nurse")
    planned(site, 1, audience="nurse", announce_at=0)
    look(site)
    assert mails(site) == {("bella", "stage-tomorrow"): 1}
    Acrux(site.environ)("user", "set", "aroha", "type=nurse")
    site.advance(AGAIN)
    look(site)
    assert mails(site) == {("bella", "stage-tomorrow"): 1, ("aroha", "stage-tomorrow"): 1}
    Acrux(site.environ)("user", "set", "aroha", "type=guest")
    site.advance(AGAIN)
    Acrux(site.environ)("user", "set", "aroha", "type=nurse")
    site.advance(AGAIN)
    look(site)
    assert sum(mails(site).values()) == 2


def test_the_stricter_stage_is_the_one_that_people_hear_of(site: Site) -> None:
    site.person("aroha")
    planned(site, 60)
    sooner = planned(site, 30)
    look(site)
    assert mails(site) == {("aroha", "stage-announced"): 1}
    with site.work() as work:
        found = site.installation.stages.find(work, sooner)
    assert date_of(found) in site.messages("mail")[-1]["subject"]


def test_a_recommendation_is_announced_and_no_more(site: Site) -> None:
    site.person("aroha")
    site.stage("*", MFA, None, required=False)
    for _ in range(3):
        look(site)
        site.advance(20 * DAY)
    assert mails(site) == {("aroha", "stage-announced"): 1}
    assert "recommends" in site.messages("mail")[-1]["subject"]


def test_a_mail_says_when_why_and_what_to_do(small_site: Site) -> None:
    small_site.person("aroha")
    small_site.person("hemi", roles=frozenset({"owner"}))
    planned(
        small_site,
        why={"en": "Nurses see records.", "de": "Akten."},
        guidance="https://example.org/help",
        enforce_at=4_000_000_000 // DAY * DAY,
    )
    look(small_site)
    by = {m["to"].partition("@")[0]: m for m in small_site.messages("mail")}
    body = by["aroha"]["body"]
    assert by["aroha"]["subject"] == "From Tuesday, 2 October 2096, Acrux needs a second step"
    assert "Hello Aroha," in body
    assert "Nurses see records." in body
    links = re.findall(r"https?://\S+", body)
    issuer = small_site.issuer
    assert links == [
        f"{issuer}/account/ways",
        f"{issuer}/account/details",
        "https://example.org/help",
    ]
    assert "no way around it" not in body
    assert "no way around it" in by["hemi"]["body"]


def test_the_links_carry_no_right(small_site: Site) -> None:
    small_site.person("aroha")
    planned(small_site)
    look(small_site)
    for link in re.findall(r"https?://\S+", small_site.messages("mail")[-1]["body"]):
        page = small_site.browser().open(link.removeprefix(small_site.issuer))
        assert page.url.endswith("/login")
