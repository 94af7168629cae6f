"""`acrux stage`: what an operator announces is what people meet."""

import pytest

from tests.protocol.command import Acrux
from tests.support.site import MFA, Site

ADD = ("stage", "add", "--audience", "staff", "--level", MFA)


def test_a_stage_is_enforced_from_its_date_and_for_its_audience(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("aroha", user_type="staff")
    site.person("bella", user_type="guest")
    app = site.application()
    acrux(*ADD, "--from", "2020-01-01")
    browser = site.browser()
    browser.authorize(app)
    assert browser.sign_in("aroha").url.endswith("/enrol/proof")
    other = site.browser()
    other.authorize(app)
    assert "code" in other.sign_in("bella").query
    acrux("stage", "move", "staff-mfa", "--to", "2099-01-01")
    again = site.browser()
    again.authorize(app)
    assert again.sign_in("aroha").url.endswith("/announce")


def test_dates_without_a_zone_are_midnight_in_utc(small_acrux: Acrux) -> None:
    made = small_acrux.json(*ADD, "--from", "2027-02-01")
    assert made == {
        "id": "staff-mfa",
        "audience": "staff",
        "level": MFA,
        "required": True,
        "from": "2027-02-01T00:00:00Z",
        "state": "announced",
    }
    moved = small_acrux.json("stage", "move", "staff-mfa", "--to", "2027-02-01T00:00:00+13:00")
    assert moved["from"] == "2027-01-31T11:00:00Z"
    assert small_acrux.json("stage", "list") == [moved]


@pytest.mark.parametrize(
    "date",
    ["tomorrow", "2027-13-01", "2027-02-30", "01/02/2027", "2027-02-01T09:00", "20270201", ""],
)
def test_what_is_no_date_is_one_line(small_acrux: Acrux, date: str) -> None:
    assert "is no date" in small_acrux.refused(*ADD, "--id", "x", "--recommended", "--from", date)
    assert small_acrux.json("stage", "list") == []


def test_a_recommendation_needs_no_date(small_acrux: Acrux) -> None:
    made = small_acrux.json(*ADD, "--recommended")
    assert (made["from"], made["required"], made["state"]) == (None, False, "recommended")
    assert small_acrux.run(*ADD).exit_code == 2


def test_names_are_made_and_kept_apart(small_acrux: Acrux) -> None:
    words = ("stage", "add", "--audience", "*", "--level", MFA, "--from", "2027-02-01")
    assert [small_acrux.json(*words)["id"] for _ in range(3)] == [
        "everyone-mfa",
        "everyone-mfa-2",
        "everyone-mfa-3",
    ]
    taken = small_acrux.refused(*words, "--id", "everyone-mfa")
    assert taken == "there is a stage everyone-mfa already"
    assert "is no stage's name" in small_acrux.refused(*words, "--id", "a b")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--audience", "*", "--level", "urn:no"), "'urn:no' is no level: urn:acrux:acr:1fa"),
        (("--audience", "a b", "--level", MFA), "is no user type"),
        (("--audience", "*", "--level", "phrh"), "nobody could sign in"),
    ],
)
def test_a_stage_that_cannot_work_is_refused(
    small_acrux: Acrux, words: tuple[str, ...], says: str
) -> None:
    assert says in small_acrux.refused("stage", "add", *words, "--from", "2027-02-01")


def test_a_stage_is_removed_and_every_change_is_an_event(small_acrux: Acrux) -> None:
    small_acrux(*ADD, "--from", "2027-02-01")
    small_acrux("stage", "move", "staff-mfa", "--to", "2027-03-01")
    assert small_acrux("stage", "remove", "staff-mfa") == "Removed staff-mfa.\n"
    assert small_acrux("stage", "list").startswith("There is no stage")
    for words in (("move", "staff-mfa", "--to", "2027-03-01"), ("remove", "staff-mfa")):
        assert small_acrux.refused("stage", *words) == "there is no stage 'staff-mfa'"
    said = [(e["event"], e["reason"]) for e in small_acrux.events() if "stage" in e["event"]]
    assert said == [
        ("operator:stage:added", f"staff must have {MFA} from 2027-02-01T00:00:00Z"),
        (
            "operator:stage:moved",
            f"staff must have {MFA} from 2027-03-01T00:00:00Z; it was 2027-02-01T00:00:00Z",
        ),
        ("operator:stage:removed", f"staff must have {MFA} from 2027-03-01T00:00:00Z"),
    ]
