"""What the directory may answer: an entry, a refusal, or nothing that counts."""

from dataclasses import dataclass

from idp.errors import AcruxError


class DirectoryError(AcruxError):
    """It did not answer, or not as it should. The text is for operators: no name, no password."""


@dataclass(frozen=True)
class Refused:
    """Not the right password, or nobody who may sign in; the reason is for the auditor."""

    reason: str


@dataclass(frozen=True)
class Entry:
    """Someone of the directory, as it says; nothing of it is checked yet."""

    id: str
    """What never changes of them, in hexadecimal digits."""
    dn: str
    username: str
    name: str
    email: str
    user_type: str
    """"" where the directory does not say."""
    groups: tuple[str, ...] | None
    """By our names; None where the directory is not asked."""
