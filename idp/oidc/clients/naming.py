"""What an application may be called: its name for people, and its id."""

import re

from idp.errors import CommandError

MAX_NAME = 200
_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}")


def checked_name(text: str | None) -> str:
    """Return a client's name, spaces made plain.

    Raises:
        CommandError: empty, too long, or not printable.
    """
    name = " ".join((text or "").split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise CommandError(f"a client's name has 1 to {MAX_NAME} printable characters")
    return name


def checked_id(text: str) -> str:
    """Return a client_id.

    Raises:
        CommandError: it cannot be one.
    """
    if not _ID.fullmatch(text):
        raise CommandError(f"{text!r} is no client_id: letters, digits and . _ ~ - only")
    return text
