"""`/apis`: APIs that applications get tokens for, their scopes and types of details."""

from idp.api.v1 import taken_beside, told, told_beside
from idp.api.v1.routes import Asked, Reply, Route
from idp.operating.applications.apis import Apis, RegisteredApi

ONE = "/apis/{api_id}"


def _told(found: RegisteredApi) -> Reply:
    return Reply(found.described(), found.version)


def _list(asked: Asked) -> Reply:
    found = asked.can.apis.everything(asked.work, asked.actor)
    return Reply({"items": [one.described() for one in found]})


def _add(asked: Asked) -> Reply:
    sent = {key: value for key, value in vars(asked.body).items() if value is not None}
    api_id, audience = sent.pop("id"), sent.pop("audience")
    made = asked.can.apis.add(asked.work, asked.actor, api_id, audience, sent)
    return Reply(made.described(), made.version, f"/apis/{api_id}")


def _one(asked: Asked) -> Reply:
    return _told(asked.can.apis.one(asked.work, asked.actor, asked.value("api_id")))


def _change(asked: Asked) -> Reply:
    sent = {key: value for key, value in vars(asked.body).items() if value is not None}
    return _told(
        asked.can.apis.change(asked.work, asked.actor, asked.value("api_id"), sent, seen=asked.seen)
    )


def _delete(asked: Asked) -> Reply:
    gone = asked.can.apis.delete(asked.work, asked.actor, asked.value("api_id"), seen=asked.seen)
    return Reply({"id": gone.api.id})


ROUTES = (
    Route(
        *("GET", "/apis", Apis.everything, _list, "List APIs by their id"),
        told_beside.ApiList,
        name="listApis",
    ),
    Route(
        *("POST", "/apis", Apis.add, _add, "Register an API"),
        told_beside.ApiTold,
        taken_beside.NewApi,
        status=201,
        name="addApi",
    ),
    Route(*("GET", ONE, Apis.one, _one, "See an API"), told_beside.ApiTold, name="getApi"),
    Route(
        *("PATCH", ONE, Apis.change, _change, "Change an API: what is given replaces what was"),
        told_beside.ApiTold,
        taken_beside.ApiChange,
        versioned=True,
        name="changeApi",
    ),
    Route(
        *("DELETE", ONE, Apis.delete, _delete),
        "Remove an API that no application has anything of",
        told.Gone,
        versioned=True,
        name="deleteApi",
    ),
)
