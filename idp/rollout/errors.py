"""Why a stage cannot be as an operator wants it."""

from idp.errors import AcruxError
from idp.language import Words, english


class StageError(AcruxError):
    """What is wrong, in a line; `field` names what was written: a field of `drafts.Wanted`.

    A command prints it in English; a page shows `words`, in its language where that is a text.
    """

    def __init__(self, field: str, words: Words) -> None:
        super().__init__(english(words))
        self.field = field
        self.words = words


class StageTold(StageError):
    """People were mailed a later date; whoever moves it confirms that they are mailed again."""


class StageChanged(StageError):
    """Someone else changed the stage since it was read."""
