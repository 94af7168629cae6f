"""When a process that ended is started again: at once, then after growing pauses, for ever."""

from dataclasses import dataclass

PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0, 5.0)
"""Seconds before each start after an end in a row; the last one goes on."""
WELL_SECONDS = 30.0
"""A process that lived for so long ends a row: what comes then is no consequence of before."""
AGAIN_AND_AGAIN = 3
"""Ends in a row by which it is no accident."""


@dataclass(frozen=True)
class Row:
    """How often in a row the process of one place has ended."""

    ends: int = 0

    def after(self, lived: float) -> "Row":
        """Return the row after a process of this place ended that had lived so many seconds."""
        return Row(1 if lived >= WELL_SECONDS else self.ends + 1)

    @property
    def pause(self) -> float:
        """Seconds to wait before the next start."""
        return PAUSES[min(max(self.ends - 1, 0), len(PAUSES) - 1)]

    @property
    def says(self) -> str | None:
        """Return what the log is told of this end: something at the first, and where it goes on."""
        if self.ends == 1:
            return "another is started"
        if self.ends == AGAIN_AND_AGAIN:
            return (
                f"it has ended {self.ends} times in a row, and is started again for as long as it"
                f" does, {PAUSES[-1]:g} s apart; the others go on"
            )
        return None
