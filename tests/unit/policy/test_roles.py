"""Roles and actions: the table is whole, and docs/console.md says the same."""

import re
from pathlib import Path

from idp.policy import roles
from idp.policy.roles import TABLE, Action, Role

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/console.md"


def documented() -> dict[str, set[str]]:
    """Return who may do what, as the document's table has it."""
    rows = re.findall(r"^\|(.+)\|$", DOCUMENT.read_text().partition("## Roles")[2], re.M)
    cells = [[cell.strip().strip("`") for cell in row.split("|")] for row in rows]
    head, _line, *body = cells
    names = head[2:]
    return {
        row[0]: {name for name, cell in zip(names, row[2:], strict=True) if cell == "yes"}
        for row in body
    }


def test_the_document_says_who_may_do_what() -> None:
    assert documented() == {action.value: {*map(str, TABLE[action])} for action in Action}


def test_every_action_can_be_done_by_someone_and_every_role_is_documented() -> None:
    assert all(TABLE[action] for action in Action)
    head = DOCUMENT.read_text().partition("## Roles")[2]
    assert [role for role in Role if f"`{role}`" not in head] == []


def test_a_role_of_an_application_opens_nothing() -> None:
    for action in Action:
        assert not roles.may({"grafana:admin", "Admin", "payroll:owner", ""}, action)
    assert roles.may({"grafana:viewer", "auditor"}, Action.AUDIT_READ)


def test_an_owner_may_do_whatever_anyone_may() -> None:
    assert all(Role.OWNER in held for held in TABLE.values())
