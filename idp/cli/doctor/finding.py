"""One line of what a check of an installation finds, by whichever command it is printed."""

from dataclasses import dataclass

GOOD, BAD, OPEN = "OK", "!!", "--"


@dataclass(frozen=True)
class Finding:
    """What was found: `mark` is OK, !! or --; programs rely on `mark` and `name`.

    `remedy` says how to mend it, "" where nothing is to be done or nobody here knows.
    """

    mark: str
    name: str
    text: str
    remedy: str = ""

    @property
    def line(self) -> str:
        """What was found, and how to mend it."""
        return f"{self.text}: {self.remedy}" if self.remedy else self.text
