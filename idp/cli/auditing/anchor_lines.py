"""How a place outside that gets checkpoints is shown: as a line, and as values for programs."""

from typing import Any

from idp import clock
from idp.anchors.following import State


def line(state: State) -> str:
    """Return what an operator reads of a place."""
    return f"{'!!' if state.late else 'OK'}  {state.place.name}  {how(state)}"


def how(state: State) -> str:
    """Return how a place fares."""
    row = state.row
    if row is None or row.arrived_at is None:
        said = "nothing has arrived yet"
    else:
        said = f"has the checkpoint over {row.size} rows since {clock.iso(row.arrived_at)}"
    if row is not None and row.message is not None:
        said += f"; a mail with that over {row.under_way} is under way"
    if state.behind:
        said += f"; lacks one of {state.behind} s ago"
    return f"{said}; {state.problem}" if state.problem else said


def values(state: State) -> dict[str, Any]:
    """Return the same for programs."""
    row = state.row
    return {
        "name": state.place.name,
        "kind": state.place.kind,
        "size": row.size if row and row.arrived_at is not None else None,
        "arrived_at": row.arrived_at if row else None,
        "behind_seconds": state.behind,
        "failing_since": row.failing_since if row else None,
        "late": state.late,
        "problem": state.problem,
    }
