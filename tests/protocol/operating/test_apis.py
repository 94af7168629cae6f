"""APIs as an operator registers them: what cannot be, and what applications hold on to."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from idp.errors import CommandError
from idp.operating import cases
from idp.operating.actor import OPERATOR
from idp.operating.refusals import Changed, Conflict
from tests.protocol.oidc.apis.payroll import AUDIENCE, DATA, READ, registered
from tests.support.site import Site

Data = dict[str, Any]


def _set(*path: Any) -> Callable[[Data], None]:
    """Return what puts the last of `path` where the others lead."""
    *way, name, value = path

    def put(data: Data) -> None:
        for one in way:
            data = data[one]
        data[name] = value

    return put


RUN = ("types", "pay_run")
REPORT = ("types", "report", "members")
WRONG: dict[str, Callable[[Data], None]] = {
    "no such member": _set("colour", "red"),
    "scopes that are a list": _set("scopes", [READ]),
    "a scope with a space": _set("scopes", "pay all", {"en": "Pay"}),
    "a scope of everybody": _set("scopes", "openid", {"en": "Pay"}),
    "a scope of ours": _set("scopes", "acrux:people:read", {"en": "Pay"}),
    "what a single claim is called": _set("scopes", "claim:email", {"en": "Pay"}),
    "a scope of another API": _set("scopes", "time:read", {"en": "Pay"}),
    "a language that there is not": _set("scopes", READ, {"xx": "Pay"}),
    "words that run backwards": _set("scopes", READ, {"en": "Pay \u202e"}),
    "words without end": _set("scopes", READ, {"en": "x" * 301}),
    "a type with no words": _set(*RUN, "words", {}),
    "a type that hides a member": _set(*RUN, "words", {"en": "Pay {total}"}),
    "one that hides it in German": _set(*RUN, "words", "de", "Zahlen Sie {total}"),
    "a brace too many": _set("types", "note", {"words": {"en": "Note }"}}),
    "a member that is the type": _set("types", "note", {"words": {"en": "{type}"}, "members": {}}),
    "no such kind": _set(*RUN, "members", "total", {"kind": "sum"}),
    "a choice of nothing": _set(*REPORT, "which", {"kind": "choice"}),
    "choices of a text": _set(*REPORT, "to", {"kind": "text", "choices": {"a": {"en": "a"}}}),
    "a choice without words": _set(*REPORT, "which", "choices", "all", {}),
    "a type that is no object": _set("types", "pay_run", "Pay"),
    "members that are a list": _set(*RUN, "members", ["total"]),
    "no truth": _set("published", "yes"),
    "no name": _set("name", " "),
    "too much": _set("scopes", {f"s{n}": {"en": "x"} for n in range(51)}),
}
NAMED = {
    "an id with capitals": ("Pay", AUDIENCE + "/2"),
    "an audience with a space": ("pay", "https://pay.example.org/a b"),
    "an audience of ours": ("pay", "{issuer}/api/v1"),
    "our own name": ("pay", "{issuer}"),
    "an id that is taken": ("payroll", AUDIENCE + "/2"),
    "an audience that is taken": ("pay", AUDIENCE),
}


def test_what_cannot_be_registered_is_told_in_a_line_and_nothing_is_kept(
    small_site: Site,
) -> None:
    site, known = small_site, cases.of(small_site.installation).apis
    registered(site)
    for name, spoil in WRONG.items():
        data = copy.deepcopy(DATA)
        spoil(data)
        with site.work() as work, pytest.raises(CommandError) as told:
            known.change(work, OPERATOR, "payroll", data)
        assert str(told.value), name
        assert "\n" not in str(told.value)
    for name, (api_id, audience) in NAMED.items():
        named = audience.format(issuer=site.issuer)
        with site.work() as work, pytest.raises(CommandError) as told:
            known.add(work, OPERATOR, api_id, named, {"name": "Pay"})
        assert str(told.value), name
    with site.work() as work:
        found = {one.api.id: one.described() for one in known.everything(work, OPERATOR)}
    assert found.keys() == {"payroll", "times"}
    assert found["payroll"]["types"] == DATA["types"]
    assert not site.events(kind="operator:api:changed")


def test_what_an_application_has_is_not_taken_away(site: Site) -> None:
    known = cases.of(site.installation)
    registered(site)
    given = {
        "redirect_uris": ["https://app.example.org/cb"],
        "resource_scopes": {AUDIENCE: [READ]},
        "authorization_details_types": ["report"],
    }
    with site.work() as work:
        known.clients.add(work, OPERATOR, "Clerk", given, client_id="clerk")
    without = {"types": {"pay_run": DATA["types"]["pay_run"]}}
    changes: tuple[Data, ...] = ({"scopes": {}}, without)
    for change in changes:
        with site.work() as work, pytest.raises(Conflict, match="clerk still has"):
            known.apis.change(work, OPERATOR, "payroll", change)
    with site.work() as work, pytest.raises(Conflict, match="clerk still has"):
        known.apis.delete(work, OPERATOR, "payroll")
    with site.work() as work:
        seen = known.apis.one(work, OPERATOR, "payroll").version
        known.apis.change(work, OPERATOR, "payroll", {"types": {"report": DATA["types"]["report"]}})
    with site.work() as work, pytest.raises(Changed):
        known.apis.change(work, OPERATOR, "payroll", {"name": "Wages"}, seen=seen)
    [event] = site.events(kind="operator:api:changed")
    assert json.loads(event.data or "")["before"]["types"] == DATA["types"]
    for wrong in (
        {"resource_scopes": {AUDIENCE: ["pay:all"]}},
        {"resource_scopes": {"https://else.example.org": [READ]}},
        {"resource_scopes": {AUDIENCE: READ}},
        {"authorization_details_types": ["pay_run"]},
    ):
        with site.work() as work, pytest.raises(CommandError):
            known.clients.change(work, OPERATOR, "clerk", wrong)
    with site.work() as work:
        empty = {"resource_scopes": None, "authorization_details_types": None}
        known.clients.change(work, OPERATOR, "clerk", empty)
        known.apis.delete(work, OPERATOR, "payroll")
