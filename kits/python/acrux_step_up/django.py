"""For Django: a decorator for what a sign-in has to be; `request.token` is what the token says."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from acrux_step_up.api import Api
from acrux_step_up.values import Presented, Refused, Unreachable


def demands(
    api: Api,
    *,
    acr: str | Collection[str] = (),
    max_age: int | None = None,
    scopes: Collection[str] = (),
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Return a decorator that lets a request to a view in: see `Api.check`."""

    def around(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            proof = request.headers.get("DPoP")
            presented = Presented(
                request.headers.get("Authorization", ""),
                str(request.method),
                request.build_absolute_uri(request.path),
                # Several lines are one here, apart by commas: that is no proof, and refused.
                (proof,) if proof else (),
            )
            try:
                request.token = api.check(presented, acr=acr, max_age=max_age, scopes=scopes)
            except (Refused, Unreachable) as refusal:
                return JsonResponse(
                    dict(refusal.body), status=refusal.status, headers=dict(refusal.headers)
                )
            return view(request, *args, **kwargs)

        return checked

    return around
