"""For Flask: a decorator for what a sign-in has to be; `g.token` is what the token says."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from flask import Response, g, jsonify, request

from acrux_step_up.api import Api
from acrux_step_up.values import Presented, Refused, Unreachable


def demands(
    api: Api,
    *,
    acr: str | Collection[str] = (),
    max_age: int | None = None,
    scopes: Collection[str] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that lets a request to a view in: see `Api.check`."""

    def around(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            presented = Presented(
                request.headers.get("Authorization", ""),
                request.method,
                request.base_url,
                tuple(request.headers.getlist("DPoP")),
            )
            try:
                g.token = api.check(presented, acr=acr, max_age=max_age, scopes=scopes)
            except (Refused, Unreachable) as refusal:
                return _answer(refusal)
            return view(*args, **kwargs)

        return checked

    return around


def _answer(refusal: Refused | Unreachable) -> Response:
    response = jsonify(dict(refusal.body))
    response.status_code = refusal.status
    response.headers.update(dict(refusal.headers))
    return response
