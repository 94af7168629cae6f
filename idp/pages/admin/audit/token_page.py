"""One sign-in opened: what its tokens rest on, in sentences, and what happened in its order."""

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort

from idp import web
from idp.evidence.explain import Explanation
from idp.installation import Installation
from idp.language import Words, _
from idp.ledger.explaining import explanation
from idp.ledger.reading import PrunedError
from idp.pages.admin.audit import explained, room
from idp.pages.admin.audit.room import Page
from idp.signin.interaction import Authorized
from idp.store.audit import names, timeline
from idp.store.audit.timeline import Timeline
from idp.store.db import Work
from idp.store.events import EventRow
from idp.store.ledger import log, pseudonyms

TOKEN = Page("tokens/", _("A sign-in and its tokens"))
INTERACTION = Page("interactions/", _("A sign-in"))
_LONGEST = 64


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of one sign-in: by a leaf of its tokens, and by its interaction."""

    @views.get("/audit/tokens/<jti>")
    @room.asks(installation, TOKEN)
    def audit_token(who: Authorized, jti: str) -> Response:
        return _token(installation, who, jti)

    @views.get("/audit/interactions/<interaction>")
    @room.asks(installation, INTERACTION)
    def audit_interaction(who: Authorized, interaction: str) -> Response:
        return _interaction(who, interaction)


def _token(installation: Installation, who: Authorized, jti: str) -> Response:
    work, problem, found = web.work(), None, None
    if len(jti) > _LONGEST or (placed := log.by_jti(work, jti)) is None:
        abort(404)
    try:
        found = explanation(work, jti)
    except PrunedError:
        problem = _("The evidence of these tokens was deleted, because its time was over.")
    except ValueError as error:
        problem = _("The evidence of these tokens was altered: %(how)s.", how=str(error))
    if found is None and problem is None:
        abort(404)
    if found is not None and not found.follows:
        problem = _(
            "What these tokens say does not follow from their proofs: %(what)s.",
            what=", ".join(found.unmet),
        )
    told = _timeline(work, found) if found else Timeline([], None, None)
    return room.show(
        "token",
        who,
        TOKEN,
        title=_title(work, found, told),
        error=problem,
        jti=jti,
        seq=placed[0],
        prove=f"acrux ledger prove {jti}",
        facts=_facts(work, found, told) if found else [],
        sentences=explained.sentences(installation, found) if found else [],
        rows=_linked(room.events(told.rows), told.interaction),
    )


def _timeline(work: Work, found: Explanation) -> Timeline:
    leaf = found.leaf
    return timeline.of_token(
        work, jti=leaf["jti"], at=leaf["at"], client=leaf["client"], sid=leaf.get("sid")
    )


def _person(work: Work, found: Explanation, told: Timeline) -> dict[str, Any] | None:
    basis = found.leaf.get("basis")
    person_id = pseudonyms.person_of(work, basis["sub"]) if basis else None
    # Of someone who was deleted the ledger says nothing any more; the trail may.
    person_id = person_id or told.person_id
    return room.person(names.of_people(work, [person_id]), person_id)


def _title(work: Work, found: Explanation | None, told: Timeline) -> Words:
    if found is None:
        return TOKEN.title
    client = found.leaf["client"]
    name = names.of_clients(work, [client]).get(client, client)
    person = _person(work, found, told)
    if person is None:
        return _("A token of %(client)s for itself", client=name)
    return _("%(person)s at %(client)s", person=person["name"], client=name)


def _facts(work: Work, found: Explanation, told: Timeline) -> list[dict[str, Any]]:
    leaf = found.leaf
    client = leaf["client"]
    return [
        {
            "field": _("Application"),
            "client": room.application(names.of_clients(work, [client]), client),
        },
        {"field": _("Person"), "person": _person(work, found, told)},
        {"field": _("Tokens"), "text": ", ".join(leaf["tokens"])},
        {"field": _("Given out"), "at": room.moment(leaf["at"])},
        {"field": _("By the grant"), "text": leaf["grant"]},
        {"field": _("acr given"), "text": leaf.get("acr", "")},
        {"field": _("amr given"), "text": " ".join(leaf.get("amr", ()))},
        {"field": "jti", "text": leaf["jti"]},
        {
            "field": "sid",
            "text": leaf.get("sid") or "",
            "url": f"{room.BASE}sign-ins{room.query(leaf, ['sid'])}" if leaf.get("sid") else None,
        },
    ]


def _interaction(who: Authorized, interaction: str) -> Response:
    work = web.work()
    rows = timeline.of_interaction(work, interaction) if len(interaction) <= _LONGEST else []
    if not rows:
        abort(404)
    sid = next((row.sid for row in rows if row.sid), None)
    return room.show(
        "interaction",
        who,
        INTERACTION,
        title=_interaction_title(work, rows),
        interaction=interaction,
        rows=room.events(rows),
        tokens_url=f"{room.BASE}sign-ins{room.query({'sid': sid}, ['sid'])}" if sid else None,
    )


def _interaction_title(work: Work, rows: list[EventRow]) -> Words:
    person_id = next((row.person_id for row in rows if row.person_id), None)
    client_id = next((row.client_id for row in rows if row.client_id), None)
    person = room.person(names.of_people(work, [person_id]), person_id)
    client = names.of_clients(work, [client_id]).get(client_id or "", client_id)
    if person is None or client is None:
        return INTERACTION.title
    return _("%(person)s at %(client)s", person=person["name"], client=client)


def _linked(rows: list[dict[str, Any]], interaction: str | None) -> list[dict[str, Any]]:
    """Mark which events were of the interaction that the session came of."""
    return [row | {"of_sign_in": row["interaction"] == interaction is not None} for row in rows]


def address(jti: str) -> str:
    """Return the address of the page about the tokens of a leaf."""
    return TOKEN.path + quote(jti, safe="")
