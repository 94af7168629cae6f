"""Why a place did not take a checkpoint."""

from idp.errors import AcruxError


class AnchorError(AcruxError):
    """A place did not take a checkpoint. Its text is for operators."""

    def __init__(self, text: str, *, contradicts: bool = False) -> None:
        """`contradicts`: what it has and what the database has are two histories."""
        super().__init__(text)
        self.contradicts = contradicts
