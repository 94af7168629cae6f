"""For whoever calls an API: its refusal becomes what the next sign-in is asked for."""

import re

_CHALLENGE = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_ASKED = ("acr_values", "max_age")


def step_up(status: int, www_authenticate: str) -> dict[str, str] | None:
    """Return the parameters of an authorization request that an API asks for (RFC 9470 section 4).

    None where a new sign-in would not help: the answer was another one. Add them to the usual
    parameters, send the person to the authorization endpoint, and repeat the call with the token
    that comes of it, once: an API that refuses that as well is to be believed.
    """
    found = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
        for name, quoted, bare in _CHALLENGE.findall(www_authenticate)
    }
    if status != 401 or found.get("error") != "insufficient_user_authentication":
        return None
    return {name: found[name] for name in _ASKED if found.get(name)}
