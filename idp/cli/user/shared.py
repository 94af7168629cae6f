"""What the commands about people share: a password on standard input, and finding someone."""

import sys

from idp.errors import CommandError
from idp.operating.people.naming import named

find = named


def password_from_stdin() -> str:
    """Read one line from standard input.

    Raises:
        CommandError: there is none, or it is no text.
    """
    try:
        line = sys.stdin.buffer.readline().decode()
    except UnicodeDecodeError:
        raise CommandError("the password on standard input is not UTF-8") from None
    password = line.rstrip("\r\n")
    if not password:
        raise CommandError("there is no password on standard input")
    return password
