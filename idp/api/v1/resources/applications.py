"""`/clients`: applications, what is registered of them, and their secrets."""

import base64

from idp import clock
from idp.api.v1 import taken, told, told_beside
from idp.api.v1.routes import Asked, Page, Reply, Route, page_of
from idp.errors import CommandError
from idp.operating.applications.clients import Clients
from idp.operating.applications.initial_tokens import InitialTokens
from idp.operating.applications.logos import Logos
from idp.operating.applications.previews import Previews
from idp.operating.applications.registered import Registered
from idp.operating.directory.tokens import DirectoryTokens

ONE = "/clients/{client_id}"


def _told(found: Registered) -> Reply:
    return Reply(found.described(), found.version)


def _list(asked: Asked) -> Page:
    query = asked.query
    found = asked.can.clients.page(asked.work, asked.actor, query.cursor, query.limit)
    return page_of(found, query.limit, Registered.described, "client_id")


def _add(asked: Asked) -> Reply:
    sent = {key: value for key, value in asked.body.model_dump().items() if value is not None}
    name, client_id = sent.pop("name"), sent.pop("client_id", None)
    made = asked.can.clients.add(asked.work, asked.actor, name, sent, client_id=client_id)
    told = {"client_id": made.client.client_id, "client_secret": made.secret}
    return Reply(told, made.version, f"/clients/{made.client.client_id}")


def _one(asked: Asked) -> Reply:
    return _told(asked.can.clients.one(asked.work, asked.actor, asked.value("client_id")))


def _change(asked: Asked) -> Reply:
    sent = asked.body.model_dump(exclude_unset=True)
    found = asked.can.clients.change(
        asked.work, asked.actor, asked.value("client_id"), sent, seen=asked.seen
    )
    return Reply({**found.described(), "client_secret": found.secret}, found.version)


def _rotate(asked: Asked) -> Reply:
    found = asked.can.clients.rotate_secret(
        asked.work,
        asked.actor,
        asked.value("client_id"),
        overlap=asked.body.overlap,
        seen=asked.seen,
    )
    told = {"client_id": found.client.client_id, "client_secret": found.secret}
    return Reply(told, found.version)


def _delete(asked: Asked) -> Reply:
    gone = asked.can.clients.delete(
        asked.work, asked.actor, asked.value("client_id"), seen=asked.seen
    )
    return Reply({"id": gone.client.client_id})


def _logo(asked: Asked) -> Reply:
    try:
        picture = base64.b64decode(asked.body.picture, validate=True)
    except ValueError:
        raise CommandError("picture must be base64") from None
    return _told(
        asked.can.logos.change(
            asked.work, asked.actor, asked.value("client_id"), picture, seen=asked.seen
        )
    )


def _no_logo(asked: Asked) -> Reply:
    return _told(
        asked.can.logos.change(
            asked.work, asked.actor, asked.value("client_id"), None, seen=asked.seen
        )
    )


def _preview(asked: Asked) -> Reply:
    body = asked.body
    members = {} if body.members is None else body.members.model_dump(exclude_unset=True)
    found = asked.can.previews.tokens(
        asked.work, asked.actor, asked.value("client_id"), body.person, members, body.scope
    )
    return Reply(found.described())


def _directory_tokens(asked: Asked) -> Reply:
    found = asked.can.directory_tokens.of(asked.work, asked.actor, asked.value("client_id"))
    return Reply(
        {
            "items": [
                {
                    "label": row.label,
                    "created_at": clock.iso(row.created_at),
                    "expires_at": clock.iso(row.expires_at),
                }
                for row in found
            ]
        }
    )


def _initial_token(asked: Asked) -> Reply:
    made = asked.can.initial_tokens.make(
        asked.work, asked.actor, uses=asked.body.uses, days=asked.body.days
    )
    return Reply(made.described())


ROUTES = (
    Route(
        *("GET", "/clients", Clients.page, _list, "List applications by their id"),
        told.ClientTold,
        query=taken.Part,
        name="listClients",
    ),
    Route(
        *("POST", "/clients", Clients.add, _add, "Register an application"),
        told.Secret,
        taken.NewClient,
        status=201,
        name="addClient",
    ),
    Route(
        *("GET", ONE, Clients.one, _one, "See an application"), told.ClientTold, name="getClient"
    ),
    Route(
        *("PATCH", ONE, Clients.change, _change, "Change what is registered"),
        told.ClientTold,
        taken.ClientChange,
        versioned=True,
        name="changeClient",
    ),
    Route(
        *(
            "DELETE",
            ONE,
            Clients.delete,
            _delete,
            "Delete an application and all that it was given",
        ),
        told.Gone,
        versioned=True,
        name="deleteClient",
    ),
    Route(
        *("POST", f"{ONE}/rotate-secret", Clients.rotate_secret, _rotate, "Replace the secret"),
        told.Secret,
        taken.Rotation,
        name="rotateClientSecret",
    ),
    Route(
        *("PUT", f"{ONE}/logo", Logos.change, _logo, "Show a logo on the sign-in page"),
        told.ClientTold,
        taken.Picture,
        versioned=True,
        name="setClientLogo",
    ),
    Route(
        *("DELETE", f"{ONE}/logo", Logos.change, _no_logo, "Show no logo of ours"),
        told.ClientTold,
        versioned=True,
        name="removeClientLogo",
    ),
    Route(
        *("POST", f"{ONE}/preview", Previews.tokens, _preview),
        "See what its tokens would say of somebody, if people may be read as well; nothing is made",
        told.Preview,
        taken.PreviewAsked,
        name="previewClient",
    ),
    Route(
        *("GET", f"{ONE}/scim-tokens", DirectoryTokens.of, _directory_tokens),
        "See until when the lasting tokens of a directory work; the command alone makes them",
        told_beside.LastingTokens,
        name="listScimTokens",
    ),
    Route(
        *("POST", "/initial-tokens", InitialTokens.make, _initial_token),
        "Make a token for clients that register themselves",
        told.InitialToken,
        taken.Registrations,
        status=201,
        name="makeInitialToken",
    ),
)
