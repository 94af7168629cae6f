"""Why a use case was not carried out, beyond a value that cannot be (`errors.CommandError`).

Each is one plain line, for a command as it is; faces that speak HTTP know them by their kinds.
"""

from idp.errors import CommandError
from idp.policy.roles import Action


class Forbidden(CommandError):
    """The actor may not do this."""

    def __init__(self, action: Action) -> None:
        super().__init__(f"this needs the right {action.value}")
        self.action = action


class NotFound(CommandError):
    """There is nothing, or nobody, of that name."""


class Changed(CommandError):
    """Somebody else changed it since it was read; nothing was done."""


class Conflict(CommandError):
    """It cannot be done as things are: a name is taken, or it was done before."""


class Reserved(CommandError):
    """It is done by the command on the server alone."""
