"""Which checkpoint is shown to others, and what witnesses have signed below it."""

from dataclasses import dataclass

from idp.store.db import Work
from idp.store.ledger import cosignatures, log
from idp.store.ledger.log import CheckpointRow


@dataclass(frozen=True)
class Witnessed:
    """The operator's choice: whose signatures count, and how many of them there must be."""

    witnesses: tuple[str, ...] = ()
    """Their verifier keys."""
    needed: int = 0

    def published(self, work: Work) -> CheckpointRow | None:
        """Return the newest checkpoint that anyone may see; None before the first."""
        if not (self.witnesses and self.needed):
            return log.newest(work)
        return cosignatures.newest(work, self.witnesses, self.needed)

    def over(self, work: Work, seq: int) -> CheckpointRow | None:
        """Return a checkpoint for the proof of a sealed leaf; None while witnesses are awaited."""
        if self.witnesses:
            best = cosignatures.newest(work, self.witnesses, max(1, self.needed))
            if best is not None and best.size > seq:
                return best
            if self.needed:
                return None
        return log.newest(work)


def whole(work: Work, row: CheckpointRow) -> str:
    """Return a checkpoint as a note with all that was signed below it."""
    return row.note + "".join(cosignatures.lines(work, row.size - 1, row.size)[row.size])
