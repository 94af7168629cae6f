"""For FastAPI: a dependency that is what the token says, once the sign-in is what it has to be."""

from collections.abc import Callable, Collection

from fastapi import HTTPException, Request

from acrux_step_up.api import Api
from acrux_step_up.values import Presented, Refused, Unreachable, Verified


def demands(
    api: Api,
    *,
    acr: str | Collection[str] = (),
    max_age: int | None = None,
    scopes: Collection[str] = (),
) -> Callable[[Request], Verified]:
    """Return a dependency: see `Api.check`. It may fetch, so FastAPI runs it in a thread."""

    def token(request: Request) -> Verified:
        presented = Presented(
            request.headers.get("Authorization", ""),
            request.method,
            str(request.url.replace(query="")),
            tuple(request.headers.getlist("DPoP")),
        )
        try:
            return api.check(presented, acr=acr, max_age=max_age, scopes=scopes)
        except (Refused, Unreachable) as refusal:
            raise HTTPException(
                refusal.status, dict(refusal.body), headers=dict(refusal.headers)
            ) from None

    return token
