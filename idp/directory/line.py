"""What is said on the wire: a name with its password, and a search.

Referrals are not followed: who answers is whom the settings name.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import ldap
from ldap.ldapobject import SimpleLDAPObject

from idp.directory.answers import DirectoryError
from idp.directory.wire import wired
from idp.settings.directory import Directory

_OPTIONS = (
    (ldap.OPT_PROTOCOL_VERSION, ldap.VERSION3),
    (ldap.OPT_REFERRALS, ldap.OPT_OFF),
    (ldap.OPT_DEREF, ldap.DEREF_NEVER),
)
_REFUSED = (
    ldap.INVALID_CREDENTIALS,
    ldap.INAPPROPRIATE_AUTH,
    ldap.INSUFFICIENT_ACCESS,
    ldap.UNWILLING_TO_PERFORM,
    ldap.CONSTRAINT_VIOLATION,
    ldap.INVALID_DN_SYNTAX,
    ldap.NO_SUCH_OBJECT,
)
"""What a directory says of a password that is wrong, or of someone who may not sign in."""
MOST = 2
"""Entries that are read of an answer: a second one is one too many."""


class Line:
    """A line that is open."""

    def __init__(self, line: SimpleLDAPObject, seconds: int) -> None:
        self._line, self._seconds = line, seconds

    def bind(self, dn: str, password: str) -> str | None:
        """Return None if the password is that of `dn`; else what the directory says.

        Raises:
            DirectoryError: it said nothing of the password.
        """
        # RFC 4513 section 5.1.2: a name without a password is nobody's, and is let in.
        if not (dn and password) or "\0" in password:
            return "no password"
        try:
            self._line.simple_bind_s(dn, password)
        except _REFUSED as error:
            return words(error)
        return None

    def search(
        self, base: str, wanted: str, attributes: Sequence[str]
    ) -> list[tuple[str, dict[str, list[bytes]]]]:
        """Return the entries below `base` that fit a filter, two at most."""
        scope, most = ldap.SCOPE_SUBTREE, MOST
        try:
            found: list[Any] = self._line.search_ext_s(
                base, scope, wanted, list(attributes), timeout=self._seconds, sizelimit=most
            )
        except ldap.SIZELIMIT_EXCEEDED:
            raise DirectoryError("several entries fit one name: see directory.filter") from None
        return [
            (dn, {name.casefold(): values for name, values in about.items()})
            for dn, about in found
            # A referral has no name.
            if dn is not None
        ]


@contextmanager
def connected(settings: Directory) -> Iterator[Line]:
    """Open a line, and close it afterwards; what goes wrong on it becomes a `DirectoryError`."""
    try:
        with wired(settings) as number:
            # The address says nothing any more: what it names is at the other end of the wire.
            line = ldap.initialize("ldap://localhost", fileno=number)
            try:
                for option, value in _OPTIONS:
                    line.set_option(option, value)
                line.set_option(ldap.OPT_TIMEOUT, float(settings.seconds))
                yield Line(line, settings.seconds)
            finally:
                with suppress(ldap.LDAPError):
                    line.unbind_s()
    except ldap.LDAPError as error:
        raise DirectoryError(words(error)) from None


def words(error: ldap.LDAPError) -> str:
    """Return what an error says: its kind, and the directory's own words, without names."""
    about = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    said = str(about.get("desc") or type(error).__name__)
    info = "".join(one if one.isprintable() else " " for one in str(about.get("info") or ""))
    return f"{said} ({info.strip()[:200]})" if info.strip() else said
