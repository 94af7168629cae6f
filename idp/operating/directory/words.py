"""What a directory's words mean here: types, groups and roles, as the settings map them."""

from collections.abc import Iterable

from idp.errors import CommandError
from idp.settings.values import Scim

REST = "*"
"""Stands for every word of a directory that is not named."""


class Words:
    """Words of one kind, theirs and ours. A word that is not mapped is the same here and there."""

    def __init__(self, kind: str, pairs: Iterable[str], *, closed: bool) -> None:
        """`closed`: once any is mapped, no other word is taken, unless `REST` is mapped too."""
        self._kind = kind
        self._ours = dict(_pair(one) for one in pairs)
        self._rest = self._ours.pop(REST, None)
        self._theirs = {ours: theirs for theirs, ours in reversed(self._ours.items())}
        self._closed = closed and bool(self._ours or self._rest)

    @property
    def theirs(self) -> list[str]:
        """Return the words of a directory that are named."""
        return list(self._ours)

    @property
    def ours_named(self) -> list[str]:
        """Return the words of ours that the settings name."""
        return [*self._ours.values(), *([self._rest] if self._rest else [])]

    def ours(self, word: str) -> str:
        """Return what a directory's word is here.

        Raises:
            CommandError: it is nothing here.
        """
        found = self._ours.get(word, self._rest)
        if found is None and self._closed:
            raise CommandError(f"{self._kind} {word!r} is not one of those that are taken here")
        return word if found is None else found

    def their(self, word: str) -> str:
        """Return how a directory says a word of ours."""
        return self._theirs.get(word, word)


class Vocabulary:
    """All words that a directory uses, for one installation."""

    def __init__(self, settings: Scim) -> None:
        self.types = Words("userType", settings.user_types, closed=True)
        self.groups = Words("group", settings.groups, closed=False)
        self.roles = frozenset(settings.roles)
        """The roles that a directory gives and takes; no others."""

    def check_roles(self, wanted: Iterable[str]) -> None:
        """Let a directory give these roles.

        Raises:
            CommandError: one of them is not its to give.
        """
        for role in wanted:
            if role not in self.roles:
                raise CommandError(f"the role {role!r} is not one that a directory gives")


def _pair(text: str) -> tuple[str, str]:
    theirs, _, ours = text.partition("->")
    return theirs.strip(), ours.strip()
