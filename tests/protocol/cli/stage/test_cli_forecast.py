"""`acrux stage forecast`: who is ready, asked and stuck, with a remedy that works."""

import csv
import io

import pytest

from idp import clock
from idp.policy.shared_profiles import Score
from idp.rollout import remedies
from idp.store import people
from idp.store.rollout import shared_profiles
from tests.protocol.command import Acrux
from tests.support.site import MFA, Site

DAY = 86400


@pytest.fixture
def staff(small_site: Site) -> Acrux:
    """Someone ready, someone who is asked, and two who are stuck."""
    small_site.person("aroha", user_type="staff", totp=small_site.secret())
    small_site.person("bella", user_type="staff")
    small_site.person("=cyrus", user_type="staff", verified=False)
    small_site.person("dana", user_type="staff", password=None)
    small_site.person("emil", user_type="guest")
    return Acrux(small_site.environ)


def add(acrux: Acrux, *words: str) -> str:
    return acrux("stage", "add", "--id", "mfa", "--audience", "staff", "--level", MFA, *words)


def test_it_counts_and_names_who_is_stuck_with_reason_remedy_and_command(staff: Acrux) -> None:
    add(staff, "--from", "2099-01-01")
    said = staff("stage", "forecast", "mfa")
    assert "1 ready (1 app), 1 will be asked to set up, 2 stuck." in said
    assert "The e-mail address was never confirmed." in said
    assert "acrux user set-email =cyrus ADDRESS --verified" in said
    assert "acrux user invite dana" in said
    (found,) = staff.json("stage", "forecast")
    assert found["at"] == "2099-01-01T00:00:00Z"
    counted = {name: found[name] for name in ("people", "ready", "asked", "stuck", "reasons")}
    assert counted == {
        "people": 4,
        "ready": 1,
        "asked": 1,
        "stuck": 2,
        "reasons": {"unconfirmed-address": 1, "nothing-to-begin": 1},
    }
    codes = {p["username"]: [r["code"] for r in p["reasons"]] for p in found["stuck_people"]}
    assert codes == {"=cyrus": ["unconfirmed-address"], "dana": ["nothing-to-begin"]}


def test_the_remedy_mends_it(staff: Acrux) -> None:
    add(staff, "--from", "2099-01-01")
    staff("user", "set-email", "=cyrus", "=cyrus@example.org", "--verified")
    (found,) = staff.json("stage", "forecast", "mfa")
    assert [one["username"] for one in found["stuck_people"]] == ["dana"]


def test_no_cell_of_the_file_is_a_formula(staff: Acrux) -> None:
    add(staff, "--from", "2099-01-01")
    rows = list(csv.DictReader(io.StringIO(staff("stage", "forecast", "--csv"))))
    assert [row["username"] for row in rows] == ["'=cyrus", "dana"] or [
        row["username"] for row in rows
    ] == ["dana", "'=cyrus"]
    assert {row["command"].split()[2] for row in rows} == {"set-email", "invite"}


def test_before_it_is_stored_a_stage_says_how_people_will_fare(staff: Acrux) -> None:
    said = add(staff, "--from", "2099-01-01", "--dry-run")
    assert "At its date 3 are not ready, of whom 2 are stuck: see" in said
    assert staff.json("stage", "list") == []
    add(staff, "--from", "2099-01-01")
    moved = staff.json("stage", "move", "mfa", "--to", "2098-01-01")
    assert (moved["forecast"]["ready"], moved["forecast"]["stuck"]) == (1, 2)


@pytest.mark.slow
def test_a_recommendation_is_foretold_as_if_it_were_required(staff: Acrux) -> None:
    add(staff, "--recommended")
    (found,) = staff.json("stage", "forecast", "mfa", "--at", "2099-01-01")
    assert (found["at"], found["stuck"]) == ("2099-01-01T00:00:00Z", 2)


def test_whoever_is_excepted_at_the_date_is_not_counted(staff: Acrux) -> None:
    add(staff, "--from", "2099-01-01")
    staff("stage", "except", "dana", "mfa", "--until", "2099-02-01", "--reason", "on leave")
    assert staff.json("stage", "forecast", "mfa")[0]["people"] == 3
    later = staff.json("stage", "forecast", "mfa", "--at", "2099-02-01")
    assert later[0]["people"] == 4


def test_a_year_without_a_sign_in_is_a_doubt(small_site: Site) -> None:
    small_site.person("aroha", user_type="staff", totp=small_site.secret())
    acrux = Acrux(small_site.environ)
    add(acrux, "--from", "2099-01-01")
    assert acrux.json("stage", "forecast")[0]["doubts"] == {}
    small_site.advance(366 * DAY)
    assert acrux.json("stage", "forecast")[0]["doubts"] == {"dormant": 1}
    assert "Nobody has signed in for a year." in acrux("stage", "forecast")


@pytest.mark.slow
def test_an_application_that_goes_on_with_a_sign_in_of_before_is_a_doubt(site: Site) -> None:
    """A refresh token says what its sign-in was worth, until that ends: nobody is asked there."""
    secret = site.secret()
    for name, totp in (("aroha", None), ("ben", secret), ("cleo", None), ("dana", None)):
        site.person(name, user_type="staff", totp=totp)
    app, acrux = site.application(), Acrux(site.environ)
    for name in ("aroha", "ben", "cleo"):
        browser = site.browser()
        scope = "openid" if name == "cleo" else "openid offline_access"
        claims = app.essential(MFA) if name == "ben" else None
        answer = browser.authorize(app, scope=scope, claims=claims)
        answer = browser.sign_in(name)
        site.claims(app, browser.totp(secret) if name == "ben" else answer)
    date = clock.iso(clock.now() + 30 * DAY)
    add(acrux, "--from", date)
    (found,) = acrux.json("stage", "forecast")
    assert (found["people"], found["doubts"]) == (4, {"unasked": 1})
    assert "An application continues with an earlier sign-in" in acrux("stage", "forecast")
    later = clock.iso(clock.now() + site.installation.settings.oidc.refresh_absolute)
    assert acrux.json("stage", "forecast", "--at", later)[0]["doubts"] == {}, "it is over by then"
    acrux("user", "sign-out", "aroha")
    assert acrux.json("stage", "forecast")[0]["doubts"] == {}


def test_a_profile_that_several_people_seem_to_use_is_a_doubt(small_site: Site) -> None:
    sub = small_site.person("desk", user_type="staff")
    small_site.person("aroha", user_type="staff")
    acrux = Acrux(small_site.environ)
    add(acrux, "--from", "2099-01-01")
    with small_site.work() as work:
        shared_profiles.put_score(work, sub, Score(99, ()), 20000)
    (found,) = acrux.json("stage", "forecast")
    assert (found["asked"], found["doubts"]) == (2, {"shared": 1})


def test_who_saves_a_stage_learns_that_it_would_lock_them_out(small_site: Site) -> None:
    ready = small_site.person("aroha", user_type="staff", totp=small_site.secret())
    stuck = small_site.person("bella", user_type="staff", verified=False)
    elsewhere = small_site.person("cyrus", user_type="guest", verified=False)
    acrux = Acrux(small_site.environ)
    add(acrux, "--from", "2099-01-01")
    use = small_site.installation
    with small_site.work() as work:
        stage = use.stages.find(work, "mfa")
        out = [
            use.forecast.locks_out(work, person, stage)
            for person in (people.by_id(work, sub) for sub in (ready, stuck, elsewhere))
            if person
        ]
    assert out == [False, True, False]


def test_every_reason_has_words_and_a_remedy(small_site: Site) -> None:
    sub = small_site.person("aroha", sms=True)
    with small_site.work() as work:
        person = people.by_id(work, sub)
    assert person
    for reason in remedies.REASONS:
        assert remedies.of(reason, person).remedy
    assert set(remedies.REASONS) == {*remedies.Obstacle, *remedies.Doubt}
