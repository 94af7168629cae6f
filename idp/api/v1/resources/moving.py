"""`/export` and `/client-imports`: all that is the operator's, and applications from elsewhere."""

import json
from typing import Any

from idp.api.v1 import taken, taken_beside, told_moving
from idp.api.v1.routes import Asked, Page, Reply, Route
from idp.errors import CommandError
from idp.operating.moving.applications import PRODUCTS, Applications, Said, read
from idp.operating.moving.going_out import Export
from idp.people.intake.held import Held


def _export(asked: Asked) -> Page:
    items, more = asked.can.export.part(
        asked.work, asked.actor, asked.query.cursor, asked.query.limit
    )
    return Page(items, more)


def _clients(asked: Asked) -> Reply:
    body = asked.body
    if body.product and body.product not in PRODUCTS:
        raise CommandError(f"{body.product!r} is none of {', '.join(PRODUCTS)}")
    brought = read(Held("content.json", json.dumps(body.content).encode()), body.product)
    if len(brought) > taken_beside.MOST_CLIENTS:
        raise CommandError(f"{taken_beside.MOST_CLIENTS} applications are taken at a time")
    can = asked.can.applications
    case = can.check if body.dry_run else can.carry_out
    return Reply({"items": [_said(one) for one in case(asked.work, asked.actor, brought)]})


def _said(one: Said) -> dict[str, Any]:
    return {
        "client_id": one.client_id,
        "name": one.name,
        "outcome": one.outcome.value,
        "why": one.why,
        "notes": list(one.notes),
        "client_secret": one.secret,
    }


ROUTES = (
    Route(
        *("GET", "/export", Export.part, _export),
        "Read all that is the operator's, without secrets, as docs/export.md describes it",
        told_moving.Exported,
        query=taken.Part,
        name="export",
    ),
    Route(
        *("POST", "/client-imports", Applications.carry_out, _clients),
        "Bring applications in, at most 100 at a time; what is here already stays as it is",
        told_moving.ClientsBrought,
        taken_beside.ClientsWanted,
        large=True,
        name="importClients",
    ),
)
