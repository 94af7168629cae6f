"""`acrux stage`: what an operator announces is what people meet."""

from dataclasses import replace

import pytest

from idp.rollout.errors import StageChanged
from tests.protocol.command import Acrux
from tests.support.site import MFA, Site

ADD = ("stage", "add", "--audience", "staff", "--nobody-yet", "--level", MFA)
WORDS = ("stage", "add", "--level", MFA, "--from", "2027-02-01")


@pytest.mark.slow
def test_a_stage_is_enforced_from_its_date_and_for_its_audience(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("aroha", user_type="staff")
    site.person("bella", user_type="guest")
    app = site.application()
    acrux(*ADD, "--from", "now")
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
        "audience": ["type:staff"],
        "excluded": [],
        "level": MFA,
        "requirement": "required",
        "from": "2027-02-01T00:00:00Z",
        "announced_from": None,
        "zone": "UTC",
        "reminders": [21, 7, 1, 0],
        "grace": 0,
        "grace_administrators": 0,
        "why": {},
        "guidance": "",
        "proof": "setting",
        "state": "announced",
        "version": 1,
        "people": 0,
        "deciding": {},
        "forecast": dict.fromkeys(("people", "ready", "asked", "stuck"), 0)
        | {"methods": {}, "reasons": {}, "doubts": {}},
    }
    moved = small_acrux.json("stage", "move", "staff-mfa", "--to", "2027-02-01T00:00:00+13:00")
    assert moved["from"] == "2027-01-31T11:00:00Z"
    assert small_acrux.json("stage", "show", "staff-mfa") == {
        name: value for name, value in moved.items() if name not in ("deciding", "forecast")
    }


@pytest.mark.parametrize(
    "date",
    ["tomorrow", "2027-13-01", "2027-02-30", "01/02/2027", "2027-02-01T09:00", "20270201"],
)
def test_what_is_no_date_is_one_line(small_acrux: Acrux, date: str) -> None:
    assert "is no date" in small_acrux.refused(*ADD, "--id", "x", "--from", date)
    assert small_acrux.json("stage", "list") == []


def test_a_recommendation_needs_no_date(small_acrux: Acrux) -> None:
    made = small_acrux.json(*ADD, "--recommended")
    assert (made["from"], made["requirement"], made["state"]) == (
        None,
        "recommended",
        "recommended",
    )
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
        (("--audience", "a b", "--level", MFA), "nobody is of the user type 'a b'"),
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
        ("operator:stage:added", f"type:staff must have {MFA} from 2027-02-01T00:00:00Z"),
        (
            "operator:stage:moved",
            f"type:staff must have {MFA} from 2027-03-01T00:00:00Z; changed: enforce_at",
        ),
        ("operator:stage:removed", f"type:staff must have {MFA} from 2027-03-01T00:00:00Z"),
    ]


@pytest.fixture
def staffed(site: Site) -> Acrux:
    site.person("aroha", user_type="clinician")
    site.person("ben", user_type="clinician")
    site.person("cleo", user_type="guest")
    return Acrux(site.environ)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--audience", "clinican"), "nobody is of the user type 'clinican'; there are clinician"),
        (("--audience", "group:north"), "nobody is in the group 'north'; there are none"),
        (("--audience", "person:arona"), "there is nobody called 'arona'"),
        (("--audience", "team:north"), "'team:north' names nobody: write type:NAME"),
        (("--audience", "*", "--except", "*"), "leaves out everyone"),
        (("--audience", "*", "--zone", "Pacific/Aukland"), "no time zone is called"),
        (("--audience", "*", "--announce", "2027-03-01"), "announced after it is required"),
        (("--audience", "*", "--reminders", "21,x"), "reminders are days before the date"),
        (("--audience", "*", "--grace", "99"), "a grace is 0 to 50 sign-ins"),
        (("--audience", "*", "--why", "xx=why"), "'xx' is no language spoken here"),
        (("--audience", "*", "--guidance", "http://x.org"), "guidance is an https address"),
    ],
)
def test_a_typing_error_is_told_and_adds_nothing(
    staffed: Acrux, words: tuple[str, ...], says: str
) -> None:
    assert says in staffed.refused(*WORDS, *words)
    assert staffed.json("stage", "list") == []


def test_a_date_that_is_over_is_refused_and_now_is_a_word_for_this_moment(staffed: Acrux) -> None:
    words = ("stage", "add", "--audience", "*", "--level", MFA, "--from")
    assert "is over: write now" in staffed.refused(*words, "2020-01-01")
    assert staffed.json(*words, "now")["state"] == "enforced"


def test_what_was_understood_is_echoed_in_the_zone_of_the_stage_with_a_head_count(
    staffed: Acrux,
) -> None:
    said = staffed(*WORDS, "--audience", "clinician", "--zone", "Pacific/Auckland")
    assert "type:clinician must have" in said
    assert "from 2027-01-31T11:00:00Z" in said
    assert "That is Sunday, 31 January 2027, 11:00 UTC." in said
    assert "It reaches 2 people." in said


def test_a_dry_run_adds_nothing(staffed: Acrux) -> None:
    assert staffed(*WORDS, "--audience", "*", "--dry-run").startswith("Would add everyone-mfa")
    assert staffed.json("stage", "list") == []


def test_where_stages_overlap_it_is_told_which_decides_for_how_many(staffed: Acrux) -> None:
    strict = ("stage", "add", "--level", "phr", "--from", "2027-01-01")
    staffed(*strict, "--audience", "person:aroha")
    said = staffed.json(*WORDS, "--audience", "clinician", "--except", "person:ben")
    assert (said["people"], said["deciding"]) == (1, {"aroha-phr": 1})
    assert said["excluded"] == ["person:ben"]
    said = staffed.json("stage", "set", "clinician-mfa", "--except", "guest")
    assert (said["people"], said["deciding"]) == (2, {"clinician-mfa": 1, "aroha-phr": 1})


def test_all_that_a_stage_says_can_be_set_and_what_is_not_given_stays(staffed: Acrux) -> None:
    staffed(*WORDS, "--audience", "clinician", "--grace", "3", "--why", "It is safer.")
    said = staffed.json("stage", "set", "clinician-mfa", "--reminders", "7 1", "--why", "de=Warum.")
    assert (said["grace"], said["reminders"], said["version"]) == (3, [7, 1], 2)
    assert said["why"] == {"en": "It is safer.", "de": "Warum."}
    (event,) = [e for e in staffed.events() if e["event"] == "operator:stage:changed"]
    assert event["data"]["before"] == {"reminders": [21, 7, 1, 0], "why": {"en": "It is safer."}}
    assert event["data"]["after"]["reminders"] == [7, 1]


@pytest.mark.slow
def test_the_proof_of_a_stage_is_said_shown_changed_and_recorded(staffed: Acrux) -> None:
    said = staffed(*WORDS, "--audience", "clinician", "--proof", "none")
    assert "Beware: whoever knows the password of one of these people" in said
    assert staffed.json("stage", "show", "clinician-mfa")["proof"] == "none"
    said = staffed("stage", "set", "clinician-mfa", "--proof", "sms")
    assert "Beware" not in said
    assert staffed.json("stage", "set", "clinician-mfa", "--grace", "1")["proof"] == "sms"
    assert staffed.json("stage", "set", "clinician-mfa", "--proof", "setting")["proof"] == "setting"
    changed = [e["data"] for e in staffed.events() if e["event"] == "operator:stage:changed"]
    assert [(e["before"].get("proof"), e["after"].get("proof")) for e in changed] == [
        ("none", "sms"),
        (None, None),
        ("sms", None),
    ]


@pytest.mark.slow
def test_a_proof_that_could_never_come_back_is_refused(staffed: Acrux) -> None:
    staffed(*WORDS, "--audience", "clinician", "--proof", "sms")
    for off, proof in (("SMS", "sms"), ("MAIL", "email")):
        staffed.environ[f"ACRUX_{off}__BACKEND"] = "off"
        said = staffed.refused(*WORDS, "--audience", "guest", "--proof", proof)
        assert f"{off.lower()}.backend is off, but proof = {proof} needs it" in said
    assert "no code would" in staffed.refused("stage", "set", "clinician-mfa", "--grace", "1")
    staffed("stage", "set", "clinician-mfa", "--proof", "setting")
    wish = ("stage", "add", "--audience", "guest", "--level", MFA, "--recommended")
    assert "none is for what is required" in staffed.refused(*wish, "--proof", "none")
    assert staffed.run(*WORDS, "--audience", "guest", "--proof", "fax").exit_code == 2
    assert [one["id"] for one in staffed.json("stage", "list")] == ["clinician-mfa"]


def test_a_stage_is_stopped_and_resumed_once(staffed: Acrux) -> None:
    staffed(*WORDS, "--audience", "*")
    assert staffed.json("stage", "stop", "everyone-mfa")["state"] == "stopped"
    assert "is stopped already" in staffed.refused("stage", "stop", "everyone-mfa")
    assert staffed.json("stage", "resume", "everyone-mfa")["state"] == "announced"
    assert "is not stopped" in staffed.refused("stage", "resume", "everyone-mfa")


def test_of_two_who_edit_at_once_the_second_is_told(site: Site) -> None:
    use_cases, stage_id = site.installation.stages, site.stage("*", MFA, 600)
    with site.work() as work:
        mine, yours = (use_cases.find(work, stage_id) for _ in range(2))
        use_cases.change(work, replace(mine, grace=1))
    with site.work() as work:
        with pytest.raises(StageChanged, match="was changed meanwhile: now everyone must have"):
            use_cases.change(work, replace(yours, grace=2))
        with pytest.raises(StageChanged):
            use_cases.remove(work, yours)
        assert use_cases.find(work, stage_id).grace == 1


def test_an_exception_has_a_reason_an_author_and_an_end(staffed: Acrux) -> None:
    staffed(*WORDS, "--audience", "*")
    words = ("stage", "except", "aroha", "everyone-mfa")
    assert "is over" in staffed.refused(*words, "--until", "2020-01-01", "--reason", "leave")
    assert "needs a reason" in staffed.refused(*words, "--until", "2027-05-01", "--reason", " ")
    assert staffed.run(*words).exit_code == 2
    said = staffed(*words, "--until", "2027-05-01", "--reason", "on leave")
    assert said == "aroha is not held to everyone-mfa until 1 May 2027, 00:00 UTC.\n"
    (event,) = [e for e in staffed.events() if e["event"] == "operator:stage-exception:given"]
    assert event["reason"] == "not everyone-mfa until 2027-05-01T00:00:00Z: on leave"
    assert staffed(*words, "--end") == "aroha is held to everyone-mfa again.\n"
    assert "is not excepted" in staffed.refused(*words, "--end")
