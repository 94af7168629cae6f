"""One line of what a check of an installation finds, by whichever command it is printed."""

from dataclasses import dataclass

GOOD, BAD, OPEN = "OK", "!!", "--"


@dataclass(frozen=True)
class Finding:
    """One line: `mark` is OK, !! or --; `text` says how to mend what is wrong."""

    mark: str
    name: str
    text: str
