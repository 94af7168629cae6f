"""All rows of the API, and which of them a request is for."""

from collections.abc import Mapping

from idp.api.v1.problems import Problem
from idp.api.v1.resources import (
    apis,
    applications,
    brand,
    guarded,
    imports,
    mails,
    moving,
    outlook,
    people,
    service,
    shared,
    stages,
)
from idp.api.v1.routes import Route

ROUTES: tuple[Route, ...] = (
    *people.ROUTES,
    *applications.ROUTES,
    *apis.ROUTES,
    *guarded.ROUTES,
    *stages.ROUTES,
    *mails.ROUTES,
    *outlook.ROUTES,
    *imports.ROUTES,
    *moving.ROUTES,
    *shared.ROUTES,
    *brand.ROUTES,
    *service.ROUTES,
)


def find(method: str, path: str) -> tuple[Route, Mapping[str, str]]:
    """Return the row for a request, and what stands in its address.

    Raises:
        Problem: there is none at this address, or none with this method.
    """
    allowed = []
    for route in ROUTES:
        match = route.pattern.fullmatch(path)
        if match is None:
            continue
        if method == route.method or (method == "HEAD" and route.method == "GET"):
            return route, match.groupdict()
        allowed.append(route.method)
    if not allowed:
        raise Problem(404, "not-found", "there is nothing at this address")
    raise not_allowed(allowed)


def not_allowed(methods: list[str]) -> Problem:
    """Return the refusal of a method, with those that there are."""
    heads = ["HEAD"] if "GET" in methods else []
    allow = {"Allow": ", ".join(sorted({*methods, *heads}))}
    return Problem(405, "no-such-method", "this address does not take that method", headers=allow)
