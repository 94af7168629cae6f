"""Cross-origin requests (Fetch standard): where scripts of applications may call us, and how.

Any origin may call these endpoints, because none of them looks at a cookie: anyone who calls brings
its own token or code. `Access-Control-Allow-Credentials` is never sent. The pages, /authorize above
all, answer no script of another origin.
"""

from flask import Response, request

PUBLIC = frozenset(
    {"oidc.discovery", "oidc.jwks", "oidc.token", "oidc.par", "oidc.userinfo", "oidc.revoke"}
)
READABLE = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After, DPoP-Nonce"),
)
"""Headers by which scripts of any origin may read an answer, and what it asks for."""


def allow(response: Response) -> Response:
    """Add the headers to an answer of a public endpoint; a preflight is answered by Flask."""
    if request.endpoint not in PUBLIC:
        return response
    let_read(response)
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, DPoP"
        response.headers["Access-Control-Max-Age"] = "3600"
    return response


def let_read(response: Response) -> None:
    """Add `READABLE` to an answer."""
    response.headers.update(READABLE)
