"""The console's first page: what needs somebody, the next dates, and the sign-ins of today."""

import re
from pathlib import Path

import pytest

from idp.policy.roles import Role
from tests.protocol.admin.audit.asking import cells, count, two_steps
from tests.protocol.admin.test_frame import someone
from tests.protocol.ledger.auditing import seal, write
from tests.protocol.unsent import unsent
from tests.support.site import MFA, Answer, Site

HOME = "/admin/"
DAY = 86400


def needs(answer: Answer) -> list[str]:
    found = re.search(r'<ul id="needs">(.*?)</ul>', answer.text, re.S)
    return re.findall(r">([^<]+)</a>", found.group(1)) if found else []


def test_nothing_needs_anyone_where_all_is_well(site: Site) -> None:
    answer = someone(site, "owner").open(HOME)
    assert answer.heading == "Overview"
    assert needs(answer) == []
    assert "Nothing, as far as it is known here." in answer.text
    assert "Nothing is required yet" in answer.text


def test_the_next_dates_stand_there_the_first_one_first_and_lead_to_their_stages(
    site: Site,
) -> None:
    later = site.stage("manager", MFA, 40 * DAY)
    sooner = site.stage("clinician", MFA, 20 * DAY)
    text = someone(site, "support").open(HOME).text
    stages = re.findall(r'href="/admin/rollout/stages/([^"]+)"', text)
    assert stages == [sooner, later]
    assert "is ready for" in text


def test_sign_ins_of_today_are_counted_by_how_strong_they_were(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    two_steps(site, site.application(), "tane", secret)
    count(site)
    rows = cells(someone(site, "auditor").open(HOME), "today")
    assert [row[1] for row in rows] == ["1"]
    level = site.installation.signin.rules.level(MFA)
    assert level
    assert rows[0][0] == level.text


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_each_role_is_told_what_it_may_see_and_no_more(site: Site, role: Role) -> None:
    with site.installation.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE signing_key SET tag = NULL WHERE alg = 'ES256'")
    with unsent(site):
        answer = someone(site, role).open(HOME)
    told = needs(answer)
    assert ("2 messages could not be sent" in told) == (role is not Role.AUDITOR)
    keys = "A signing key was made without our encryption key. It signs nothing."
    assert (keys in told) == (role is not Role.SUPPORT)
    assert ('id="tokens"' in answer.text) == (role is not Role.SUPPORT)


def test_a_record_that_waits_too_long_to_be_sealed_is_told(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    two_steps(site, site.application(), "tane", secret)
    site.advance(2 * 3600)
    told = needs(someone(site, "auditor").open(HOME))
    assert any("Entries wait to be sealed" in line for line in told)


def test_a_place_outside_that_takes_no_checkpoint_is_told_and_why(
    tmp_path: Path, database_url: str
) -> None:
    kept = tmp_path / "away" / "kept.jsonl"
    site = Site(tmp_path, database_url, evidence__anchors=f"file:{kept}")
    try:
        write(site, "a1")
        seal(site)
        site.installation.anchors.follow()
        site.advance(3600)
        site.installation.anchors.follow()
        browser = someone(site, "auditor")
        told = needs(browser.open(HOME))
        assert "1 place outside lacks checkpoints of the record, or contradicts it" in told
        assert "cannot be kept" in browser.open(f"{HOME}audit/record").text
    finally:
        site.close()
