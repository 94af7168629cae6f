"""Restoring across each event means something, and what it means is told in commands that exist."""

import re
import shlex
from dataclasses import replace
from typing import Any

import click
import pytest

from idp.audit import Event
from idp.backup.decisions import BY_HAND, DECISIONS
from idp.backup.planning import plan
from idp.backup.trail import Happened
from idp.cli import main

DATA: dict[str, Any] = {
    "stage": "staff-mfa",
    "kid": "k1",
    "alg": "RS256",
    "active_at": 10**10,
    "changed": ["min_acr=urn:acrux:acr:mfa"],
    "before": {"type": "user", "roles": [], "groups": ["a"]},
    "after": {"type": "staff", "roles": ["owner"], "groups": ["b c"]},
    "new": "m***@example.org",
    "name": "App",
}


def happened(event: Event, number: int = 1, **changes: Any) -> Happened:
    values: dict[str, Any] = {
        "id": number,
        "at": 1_800_000_000 + number,
        "event": event,
        "name": event.value,
        "outcome": "done",
        "person": "sub1",
        "username": "tane",
        "client": "app",
        "interaction": None,
        "reason": "totp, by its owner",
        "data": DATA,
    }
    return Happened(**values | changes)


def follow(text: str) -> None:
    """Walk along a command in a sentence, as far as it names subcommands and options."""
    command: click.Command = main
    for each in shlex.split(text)[1:]:
        word = each.strip(",;:`")
        if word.startswith("-"):
            known = {name for one in command.params for name in one.opts + one.secondary_opts}
            assert word.split("=")[0] in known, text
        elif isinstance(command, click.Group):
            found = command.get_command(click.Context(command), word)
            assert found is not None, text
            command = found


def commands(text: str) -> list[str]:
    return re.findall(r"acrux [a-z][^:,;(]*", text)


def test_every_event_has_a_decision_with_a_reason() -> None:
    assert DECISIONS.keys() == set(Event)
    assert [event for event, one in DECISIONS.items() if len(one.why) < 10] == []


def test_what_is_done_again_by_a_trail_is_told_without_one() -> None:
    silent = {event for event, one in DECISIONS.items() if one.deed is not None and not one.by_hand}
    # The sentence of another event says the same.
    assert silent == {
        Event.RECOVERY_CODES_MADE,
        Event.PASSWORD_SET,
        Event.REGISTRATION_DELETED,
        Event.STAGE_EXCEPTION_ENDED,
    }


@pytest.mark.parametrize("event", Event)
def test_what_is_told_names_commands_that_there_are(event: Event) -> None:
    decision = DECISIONS[event]
    said = [decision.by_hand]
    if decision.tells:
        said.append(decision.tells(happened(event)))
    if decision.deed:
        said.append(decision.deed.says(happened(event)))
        if decision.deed.after:
            said.append(decision.deed.after(happened(event)))
    for text in said:
        for command in commands(text):
            follow(command)


def test_by_hand_each_sentence_has_a_command_or_says_who_does_it() -> None:
    assert len(BY_HAND) > 15
    for sentence in BY_HAND:
        assert commands(sentence) or "they do it again" in sentence or "people withdraw" in sentence


def test_a_name_from_the_trail_is_no_second_command() -> None:
    [said] = plan([happened(Event.PERSON_INVITED, username="x; rm -rf ~")]).tells
    assert said == "acrux user invite 'x; rm -rf ~'"


def says(*events: Happened) -> list[str]:
    return [deed.says(one) for deed, one in plan(events).deeds]


def test_the_last_word_counts() -> None:
    off, on = Event.PERSON_DISABLED, Event.PERSON_ENABLED
    assert says(happened(off, 1), happened(on, 2)) == []
    assert len(says(happened(off, 1), happened(on, 2), happened(off, 3))) == 1
    assert says(happened(Event.PASSWORD_CHANGED, 1), happened(Event.PASSWORD_CHANGED, 2)) == says(
        happened(Event.PASSWORD_CHANGED, 1)
    )


def test_of_people_who_came_or_went_since_nothing_else_is_said() -> None:
    gone = [happened(Event.PASSWORD_CHANGED, 1), happened(Event.PERSON_DELETED, 2)]
    assert [one.partition(" was ")[2][:7] for one in says(*gone)] == ["deleted"]
    came = plan([happened(Event.PERSON_ADDED, 1), happened(Event.PASSWORD_CHANGED, 2)])
    assert came.deeds == ()
    assert len(came.tells) == 1
    both = plan([happened(Event.PERSON_ADDED, 1), happened(Event.PERSON_DELETED, 2)])
    assert (both.deeds, both.tells) == ((), ())


def test_what_was_refused_changed_nothing() -> None:
    assert says(happened(Event.FACTOR_PROVED, outcome="refused", reason="recovery")) == []


def test_a_trail_gives_nothing() -> None:
    """Roles that someone was given are for the operator to give, whatever the file says."""
    given = plan([happened(Event.PERSON_CHANGED)])
    [(_, one)] = given.deeds
    assert one.data["before"]["groups"] == ["a"]
    assert given.tells == ("acrux user set tane type=staff groups='b c' roles=owner",)


def test_an_event_of_a_later_version_is_named() -> None:
    [said] = plan(
        [replace(happened(Event.PERSON_ADDED), event=None, name="person:new:thing")]
    ).tells
    assert said.startswith("person:new:thing at ")
