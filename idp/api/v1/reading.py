"""What a request brings, read strictly: body, query, version, cursor."""

import base64
import binascii
import re
from dataclasses import replace
from functools import cache
from typing import Any

from flask import Request
from pydantic import TypeAdapter, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from idp.api.v1.problems import Problem
from idp.api.v1.routes import Route

JSON = "application/json"
_ETAG = re.compile(r'"([\x21\x23-\x7e]{1,64})"')
_NUL = re.compile(rb"\\u0000", re.IGNORECASE)


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Return what checks values of a type; made once."""
    return TypeAdapter(kind)


def content(request: Request) -> bytes:
    """Return the body as it came.

    Raises:
        Problem: it is too large, or no text.
    """
    try:
        data = request.get_data(cache=False)
        data.decode()
    except RequestEntityTooLarge:
        raise Problem(413, "too-large", "the request is too large") from None
    except UnicodeDecodeError:
        raise Problem(400, "not-json", "the body is not UTF-8") from None
    return data


def body(route: Route, request: Request, data: bytes) -> Any:
    """Return the body of a request as its type; None where there is none.

    Raises:
        Problem: it is not of this type.
    """
    if route.body is None:
        if data.strip() not in (b"", b"{}"):
            raise Problem(422, "invalid", "nothing is taken in a body here")
        return None
    if data and request.mimetype != JSON:
        raise Problem(415, "not-json", f"send {JSON}")
    # No text of a database has one.
    if _NUL.search(data):
        raise Problem(422, "invalid", "a text has a NUL in it")
    try:
        return adapter(route.body).validate_json(data or b"{}")
    except ValidationError as error:
        raise _invalid("body", error) from None


def query(route: Route, request: Request) -> Any:
    """Return the query of a request as its type; None where there is none.

    Raises:
        Problem: it is not of this type.
    """
    given = request.args
    if len(given) != sum(1 for _ in given.items(multi=True)):
        raise Problem(422, "invalid", "a parameter is given twice")
    if any("\0" in text or "\ufffd" in text for text in given.values()):
        raise Problem(422, "invalid", "a parameter is no text")
    if route.query is None:
        if given:
            raise Problem(422, "invalid", "no parameters are taken here")
        return None
    try:
        found = adapter(route.query).validate_python(given.to_dict())
    except ValidationError as error:
        raise _invalid("query", error) from None
    cursor = getattr(found, "cursor", "")
    return replace(found, cursor=_opened(cursor)) if cursor else found


def cursor_of(last: str | None) -> str | None:
    """Return the cursor of the page after the item that is called `last`."""
    return None if last is None else base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")


def _opened(cursor: str) -> str:
    try:
        found = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        text = found.decode()
    except (binascii.Error, ValueError):
        text = "\0"
    if "\0" in text:
        raise Problem(422, "invalid", "the cursor is none that was given")
    return text


def version(route: Route, request: Request) -> str | None:
    """Return the version that a change is about (RFC 9110 section 13.1.1); None for any.

    Raises:
        Problem: it is missing where it is needed (RFC 6585 section 3), or is none.
    """
    given = request.headers.get("If-Match", "").strip()
    if not route.changes or not given:
        if route.versioned:
            raise Problem(428, "no-version", "send If-Match with the ETag that was read, or *")
        return None
    if given == "*":
        return None
    found = _ETAG.fullmatch(given)
    # One that is weak, of a list or no ETag at all is none of ours: it matches nothing.
    return found[1] if found else "\0"


def _invalid(where: str, error: ValidationError) -> Problem:
    """Say what cannot be, never with the value: it may be a secret, and fills logs."""
    found = [
        {"at": ".".join(map(str, one["loc"])), "text": one["msg"]}
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return Problem(422, "invalid", f"the {where} is not as described", more={"errors": found[:20]})
