"""The checker of `make torture` finds what a journal and rows by hand tell of, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from idp import crypto
from idp.evidence.leaf import reference_of
from torture import journal
from torture.evidence import Evidence, Row
from torture.journal import Journal
from torture.rules import violations

TABLES = (
    *("authorization", "token", "client_token", "event", "proof", "interaction", "session"),
    *("person", "outbox", "ledger_leaf", "recovery_code"),
)
RECOVERY = {"person": "p", "once": "p 12345678"}


class Case:
    """A journal and rows, of one family that is as it should be until a test changes it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal"
        self.book = Journal(self.path)
        self.tables: dict[str, list[Row]] = {name: [] for name in TABLES}
        self.links: dict[str, int] = {}
        self.ledger: list[str] = []
        row = {"id": "a", "code_digest": crypto.digest("code"), "code_used_at": 1}
        self.authorization = {**row, "person_id": "p", "revoked_at": None, "session_id": "s"}
        self.tables["authorization"].append(self.authorization)
        self.event("client:code:issued")
        self.tokens("redeem", "access-1", "refresh-1")

    def event(self, kind: str, data: str = "{}", reason: str | None = None) -> None:
        row = {"kind": kind, "outcome": "done", "person_id": "p", "interaction_id": None}
        self.tables["event"].append({**row, "reason": reason, "data": data})

    def tokens(self, kind: str, access: str, refresh: str, **asked: Any) -> None:
        """Note tokens that were given and stored, with their event."""
        self.say(kind, access_token=access, refresh_token=refresh, asked={"code": "code", **asked})
        for token, name in ((access, "access"), (refresh, "refresh")):
            row = {"digest": crypto.digest(token), "kind": name, "authorization_id": "a"}
            self.tables["token"].append({**row, "expires_at": 1, "used_at": None})
        word = "issued" if kind == "redeem" else "refreshed"
        jti = reference_of(access)
        self.event(f"client:token:{word}", json.dumps({"authorization": "a", "jti": jti}))
        self.tables["ledger_leaf"].append({"jti": jti, "body": '{"kind":"token"}'})

    def say(self, kind: str, *, asked: dict[str, Any], done: bool = True, **heard: Any) -> None:
        number = self.book.ask(kind, **asked)
        self.book.answer(number, 200 if done else 400, done=done, **heard)

    def found(self) -> set[str]:
        self.book.close()
        deeds = journal.read(self.path)
        return set(violations(Evidence(deeds, self.tables, {}, self.links, 0, [], self.ledger)))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_what_is_right_is_not_found(case: Case) -> None:
    assert case.found() == set()


def test_a_token_without_a_row_or_without_an_event_is_found(case: Case) -> None:
    case.tables["token"].pop(0)
    assert case.found() == {"every_token_has_its_row", "every_token_has_one_event"}


def test_a_token_without_a_leaf_and_a_leaf_without_a_token_are_found(case: Case) -> None:
    leaf = case.tables["ledger_leaf"].pop()
    assert case.found() == {"every_token_has_one_leaf"}
    case.tables["ledger_leaf"] += [leaf, {"jti": "other", "body": '{"kind":"token"}'}]
    assert case.found() == {"every_token_has_one_leaf"}


def test_a_code_that_works_twice_is_found_and_a_family_that_outlives_it(case: Case) -> None:
    case.tokens("redeem", "access-2", "refresh-2")
    assert {
        "a_code_works_once",
        "a_second_use_ends_the_family",
        "a_refresh_token_has_one_successor",
    } <= case.found()


def test_a_refused_second_use_that_ends_nothing_is_found(case: Case) -> None:
    case.say("redeem", asked={"code": "code"}, done=False)
    assert case.found() == {"a_second_use_ends_the_family"}


def test_a_revocation_that_was_lost_is_found(case: Case) -> None:
    case.say("revoke", asked={"code": "code", "token": "refresh-1", "whole": True})
    assert case.found() == {"what_was_ended_stays_ended"}


def test_what_nobody_answered_may_be_done_or_not(case: Case) -> None:
    number = case.book.ask("revoke", code="code", token="refresh-1", whole=True)
    case.book.answer(number, None)
    case.book.ask("forgot", person="p", email="p@example.org")
    assert case.found() == set()


def test_a_promised_mail_that_never_came_is_found(case: Case) -> None:
    case.say("forgot", asked={"person": "p", "email": "p@example.org"})
    assert case.found() == {"no_message_is_lost"}


def test_somebody_switched_off_before_the_mail_could_go_gets_none(case: Case) -> None:
    case.say("forgot", asked={"person": "p", "email": "p@example.org"})
    case.event("person:password-reset:asked")
    refused = case.tables["event"][-1]
    case.tables["event"][-1] = {**refused, "outcome": "refused"}
    assert case.found() == {"no_message_is_lost"}, "refused for another reason"
    case.tables["event"][-1] = {
        **refused,
        "outcome": "refused",
        "reason": "the account is switched off",
    }
    assert case.found() == set()


def test_a_step_that_proves_twice_and_an_old_password_are_found(case: Case) -> None:
    for _ in range(2):
        case.say("totp", asked={"person": "p", "once": "p 1"})
    case.say("change", asked={"person": "p", "old": "old", "new": "new"})
    case.say("password", asked={"person": "p", "password": "old"})
    assert case.found() == {"what_proves_once_proves_once", "an_old_password_is_dead"}


def test_the_success_of_the_attacker_is_found(case: Case) -> None:
    case.say("attack", asked={"who": "attacker", "way": "a guessed cookie"})
    assert case.found() == {"the_attacker_gets_nothing"}


def test_an_attacker_may_use_a_recovery_code_whose_owner_got_no_answer(case: Case) -> None:
    _ask_without_an_answer(case)
    case.say("recovery", asked={**RECOVERY, "who": "attacker"})
    assert case.found() == set()


def test_a_recovery_code_that_works_for_its_owner_and_an_attacker_is_found(case: Case) -> None:
    _ask_without_an_answer(case)
    case.say("recovery", asked=RECOVERY)
    case.say("recovery", asked={**RECOVERY, "who": "attacker"})
    assert case.found() == {"the_attacker_gets_nothing", "what_proves_once_proves_once"}


def test_a_recovery_code_that_proved_twice_without_anybody_hearing_of_it_is_found(
    case: Case,
) -> None:
    _ask_without_an_answer(case)
    case.event("person:factor:proved", reason="recovery")
    assert case.found() == {"nothing_is_half_done"}


def _ask_without_an_answer(case: Case) -> None:
    """A recovery code was used in the database, and nobody was told."""
    case.book.answer(case.book.ask("recovery", **RECOVERY), None)
    case.event("person:factor:proved", reason="recovery")
    case.tables["recovery_code"].append({"person_id": "p", "used_at": 1})


def test_somebody_who_is_switched_off_and_still_served_is_found(case: Case) -> None:
    case.book.note("code", code="code", person="p", session="s")
    case.say("disable", asked={"person": "p"})
    case.say("userinfo", asked={"code": "code", "token": "access-1"})
    assert case.found() == {"who_is_switched_off_gets_nothing"}


def test_a_ledger_that_does_not_verify_is_found(tmp_path: Path) -> None:
    case = Case(tmp_path)
    case.ledger = ["row 3 was edited"]
    assert case.found() == {"the_ledger_verifies"}
