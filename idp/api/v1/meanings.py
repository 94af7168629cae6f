"""What the members of our frozen values mean: the texts that stand below them in the code.

Pydantic reads those of a class, and not of the classes that it is made from.
"""

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any


def meanings(kind: type) -> dict[str, str]:
    """Return what is said below each field of a class, or of those that it is made from."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__[:-1]):
        found |= _own(one)
    return found


def _own(kind: type) -> dict[str, str]:
    try:
        source = textwrap.dedent(inspect.getsource(kind))
    except (OSError, TypeError):
        # Made by a function, which has said it all.
        return {}
    body: list[ast.stmt] = ast.parse(source).body[0].body  # type: ignore[attr-defined]
    found: dict[str, str] = {}
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            said = _text(text)
            if said is not None:
                found[field.target.id] = inspect.cleandoc(said)
    return found


def _text(statement: ast.stmt) -> str | None:
    value: Any = statement.value if isinstance(statement, ast.Expr) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
