"""What the commands about people share: finding someone, and the password rule."""

import sys

from idp import moments
from idp.authenticators import identifiers
from idp.authenticators.password import Password
from idp.cli.context import Context
from idp.errors import CommandError, GoneError
from idp.installation import Installation
from idp.people.newcomers import NewPerson
from idp.policy.rollout import Member
from idp.signin.facts import member
from idp.store import departed, people
from idp.store.db import Work
from idp.store.people import PersonRow


def find(work: Work, name: str) -> PersonRow:
    """Return the person with this user name, e-mail address or `sub`.

    Raises:
        CommandError: there is no one.
    """
    found = people.by_name(work, identifiers.login_name(name)) or people.by_id(work, name)
    if found is None:
        raise CommandError(_nobody(work, name))
    return found


def _nobody(work: Work, name: str) -> str:
    gone = departed.named(work, name)
    if gone is None:
        return f"there is nobody called {name!r}"
    return f"{gone.username or name} was deleted on {moments.second(gone.at)}"


def find_locked(work: Work, name: str) -> PersonRow:
    """Return the person, who is to be changed: no one else changes them until the commit.

    Raises:
        CommandError: there is no one.
    """
    found = find(work, name)
    try:
        people.lock_person(work, found.id)
    except GoneError:
        raise CommandError(_nobody(work, name)) from None
    return people.by_id(work, found.id) or found


def set_password(
    context: Context, work: Work, person_id: str, password: str, about: NewPerson | PersonRow
) -> None:
    """Store a password after the rules have been asked.

    Raises:
        CommandError: why it cannot be taken.
    """
    authenticator = context.installation.signin.authenticators["password"]
    assert isinstance(authenticator, Password)
    words = (about.username, about.email, about.name)
    mfa = needs_second(context.installation, work, about)
    problem = authenticator.problem(password, words, mfa=mfa)
    if problem:
        raise CommandError(f"the password cannot be taken: {problem}")
    authenticator.set(work, person_id, password)


def needs_second(installation: Installation, work: Work, about: NewPerson | PersonRow) -> bool:
    """Return True if a second factor is enforced for someone, today."""
    who = Member(user_type=about.user_type, groups=frozenset(about.groups))
    if isinstance(about, PersonRow):
        who = member(about)
    return installation.passwords.rule.needs_second(work, who)


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
