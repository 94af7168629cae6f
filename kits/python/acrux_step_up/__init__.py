"""Whether the sign-in behind an access token is strong and fresh enough for what an API does.

An `Api` takes what a request brought and returns what its token says, or raises `Refused` with the
answer that RFC 9470 and RFC 6750 have for it. It knows no web framework: `acrux_step_up.flask`,
`.fastapi` and `.django` are a few lines each. `acrux_step_up.client` is for whoever calls an API.
"""

from acrux_step_up.api import Api
from acrux_step_up.values import Presented, Refused, Unreachable, Verified

__all__ = ["Api", "Presented", "Refused", "Unreachable", "Verified"]
