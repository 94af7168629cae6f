"""Why a stage cannot be as an operator wants it."""

from idp.errors import AcruxError


class StageError(AcruxError):
    """What is wrong, in a line; `field` names what was written: a field of `drafts.Wanted`."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class StageTold(StageError):
    """People were mailed a later date; whoever moves it confirms that they are mailed again."""


class StageChanged(StageError):
    """Someone else changed the stage since it was read."""
