"""The route of a request, as a label: what is constant in it, and `*` for all else. Pure."""

from collections.abc import Iterable, Sequence

OTHER = "other"
"""A label's value for what is none of those that are known."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Routes:
    """The routes that there are: no request makes a label that is not of theirs."""

    def __init__(self, rules: Iterable[str]) -> None:
        """`rules` as Flask writes them, such as `/interaction/<interaction_id>/totp`."""
        shapes = [tuple("*" if "<" in part else part for part in r.split("/")) for r in rules]
        self._shapes = {shape: "/".join(shape) for shape in shapes}
        self._ordered = sorted(shapes, key=lambda shape: shape.count("*"))
        self._words = {part for shape in shapes for part in shape} - {"*"}
        self._plain = {name: name for name in self._shapes.values() if "*" not in name}

    def of(self, path: str) -> str:
        """Return the label of the route that serves `path`; `other` where there is none."""
        plain = self._plain.get(path)
        if plain is not None:
            return plain
        found = path.split("/")
        parts = tuple([part if part in self._words else "*" for part in found])
        return self._shapes.get(parts) or self._of(found)

    def _of(self, found: Sequence[str]) -> str:
        """Look at each route: a word that is constant in one may stand for what varies in another.

        So is `password` in `/interaction/<interaction_id>/<method>`.
        """
        for shape in self._ordered:
            if len(shape) == len(found) and all(
                constant in ("*", part) for constant, part in zip(shape, found, strict=True)
            ):
                return self._shapes[shape]
        return OTHER


def method_of(method: str) -> str:
    """Return a method's label: one that HTTP has, or `other`."""
    return method if method in METHODS else OTHER
