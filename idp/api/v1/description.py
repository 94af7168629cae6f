"""OpenAPI 3.1 of this API, made from the table that serves it; and a page of it to read."""

import json
from functools import cached_property
from typing import Any

from flask import Response
from pydantic import TypeAdapter

from idp import web
from idp.api.v1 import taken, told
from idp.api.v1.meanings import meanings
from idp.api.v1.reading import adapter
from idp.api.v1.routes import Route
from idp.api.v1.table import ROUTES
from idp.oidc.tokens.resources import API
from idp.policy import roles

VERSION = "3.1.0"
FILE = "openapi.json"
KEPT = "public, max-age=300"
_REFERENCE = "#/components/schemas/{model}"
_PART = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9._~:@-]+$"}
_REFUSALS = {
    "400": "The request is not understood.",
    "401": "There is no access token that opens this, or the sign-in is not strong or new enough.",
    "403": "The token, or the person's roles, do not allow this.",
    "404": "There is no such thing.",
    "409": "It cannot be done as things are.",
    "412": "It was changed since it was read.",
    "413": "The request is too large.",
    "415": "The body is not JSON.",
    "422": "A value cannot be.",
    "428": "The version is missing: If-Match.",
    "429": "This client asks too often.",
    "503": "This cannot be answered now.",
}
_LIMITS = {
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimit-Policy"},
}


class Description:
    """The description of one installation's API."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        schemas, definitions = _schemas()
        paths: dict[str, dict[str, Any]] = {}
        for route in ROUTES:
            operation = _operation(route, schemas)
            paths.setdefault(route.path, {})[route.method.lower()] = operation
        return {
            "openapi": VERSION,
            "info": {
                "title": "Acrux",
                "version": "1",
                "description": "What whoever runs Acrux can do, for programs.",
            },
            "servers": [{"url": self._issuer + API}],
            "paths": paths,
            "components": {
                "schemas": definitions,
                "headers": _headers(),
                "securitySchemes": {"acrux": self._security()},
            },
        }

    def json(self) -> Response:
        """Answer with the document."""
        response = Response(self._text, content_type="application/json")
        response.headers["Cache-Control"] = KEPT
        return response

    def page(self) -> Response:
        """Answer with a page that people read."""
        return web.page("api/reference.html", document=self.document, prefix=API, file=FILE)

    @cached_property
    def _text(self) -> str:
        return json.dumps(self.document, indent=1)

    def _security(self) -> dict[str, Any]:
        scopes = {
            scope: ", ".join(sorted(action.value for action in actions))
            for scope, actions in roles.SCOPES.items()
        }
        token = f"{self._issuer}/token"
        return {
            "type": "oauth2",
            "flows": {
                "clientCredentials": {"tokenUrl": token, "scopes": scopes},
                "authorizationCode": {
                    "authorizationUrl": f"{self._issuer}/authorize",
                    "tokenUrl": token,
                    "scopes": scopes,
                },
            },
        }


def _schemas() -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return the schema of each type by the type and its direction, and those they refer to."""
    wanted: dict[Any, tuple[Any, Any, TypeAdapter[Any]]] = {}
    for route in ROUTES:
        for kind, way in ((route.body, "validation"), (route.reply, "serialization")):
            if kind is not None:
                wanted[kind, way] = ((kind, way), way, adapter(kind))
    problem = (told.ProblemTold, "serialization")
    wanted[problem] = (problem, "serialization", adapter(told.ProblemTold))
    found, rest = TypeAdapter.json_schemas(wanted.values(), ref_template=_REFERENCE)
    schemas = {key: schema for (key, _way), schema in found.items()}
    definitions = dict(rest.get("$defs", {}))
    for kind, _way in wanted:
        _explain(definitions.get(kind.__name__, {}), kind)
    problem_schema = definitions["ProblemTold"]
    problem_schema["required"] = ["type", "title", "status", "detail"]
    return schemas, definitions


def _explain(schema: dict[str, Any], kind: type) -> None:
    """Say of each member what stands below it in the code."""
    said = meanings(kind)
    for name, member in schema.get("properties", {}).items():
        if name in said:
            member.setdefault("description", said[name])


def _operation(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.says,
        "tags": [route.path.split("/")[1]],
        "parameters": [*_parts(route), *_queries(route), *_told_headers(route)],
        "responses": _responses(route, schemas[route.reply, "serialization"]),
        "security": [{"acrux": [scope]} for scope in roles.scopes_for(route.action)],
        "x-acrux-action": route.action.value,
    }
    if route.body is not None:
        schema = schemas[route.body, "validation"]
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return found


def _parts(route: Route) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": _PART} for name in route.parts]


def _queries(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = adapter(route.query).json_schema()
    _explain(schema, route.query)
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": described.pop("description", ""),
            "schema": {k: v for k, v in described.items() if k != "title"},
        }
        for name, described in schema["properties"].items()
    ]


def _told_headers(route: Route) -> list[dict[str, Any]]:
    found = []
    if route.versioned:
        text = "The ETag of what was read, or *."
        found.append(_header("If-Match", text, required=True))
    if route.method == "POST":
        text = "A new one for each request; the same one when it is sent again, within 24 hours."
        found.append(_header("Idempotency-Key", text, pattern="^[!-~]{1,255}$"))
    return found


def _header(name: str, text: str, *, required: bool = False, **schema: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": text,
        "schema": {"type": "string", **schema},
    }


def _responses(route: Route, schema: Any) -> dict[str, Any]:
    if route.query is not None and issubclass(route.query, taken.Part):
        schema = {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": schema},
                "next": {"type": ["string", "null"], "description": "The cursor of more."},
            },
            "required": ["items", "next"],
        }
    refusal = {"$ref": _REFERENCE.format(model="ProblemTold")}
    refused = {
        status: {
            "description": text,
            "content": {"application/problem+json": {"schema": refusal}},
        }
        for status, text in _REFUSALS.items()
    }
    done = {
        "description": route.says,
        "headers": _LIMITS,
        "content": {"application/json": {"schema": schema}},
    }
    return {str(route.status): done, **refused}


def _headers() -> dict[str, Any]:
    text = "draft-ietf-httpapi-ratelimit-headers"
    one = {"description": text, "schema": {"type": "string"}}
    return {"RateLimit": one, "RateLimit-Policy": one}
