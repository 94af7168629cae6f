"""The questions: is this the password of whoever has that name, or of someone we know already?

A name that nobody has takes the same as one that somebody has: one search, and one bind.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import ldap.dn
import ldap.filter

from idp.directory import entry
from idp.directory.answers import DirectoryError, Entry, Refused
from idp.directory.line import Line, connected
from idp.settings.directory import NAME, Directory

LONGEST = 512
"""Characters of a password that is handed on."""
_HEX = 2


class Asking:
    """The directory of one installation. Threads share it; no line is kept."""

    def __init__(self, settings: Directory) -> None:
        self._settings = settings
        self._turns = threading.BoundedSemaphore(settings.at_once)
        about = ("id", "username", "name", "email", "user_type", "groups")
        self._typed = entry.typed(settings.filter)
        named = [name for key in about if (name := getattr(settings, key))]
        self._attributes = list(dict.fromkeys([*named, *(name for name, _ in self._typed)]))

    def by_name(self, name: str, password: str) -> Entry | Refused:
        """Return the entry of whoever has a name, if the password is theirs.

        Raises:
            DirectoryError: the directory could not say.
        """
        wanted = self._settings.filter.replace(NAME, ldap.filter.escape_filter_chars(name))
        return self._asked(name, wanted, password, exactly=name)

    def by_id(self, known: str, name: str, password: str) -> Entry | Refused:
        """Return the entry of someone we know, if the password is theirs.

        `known` is their `Entry.id`, `name` what they are called here.

        Raises:
            DirectoryError: the directory could not say.
        """
        value = "".join(f"\\{known[at : at + _HEX]}" for at in range(0, len(known), _HEX))
        found = self._asked(name, f"({self._settings.id}={value})", password)
        if isinstance(found, Entry) and found.id != known:
            return Refused("the entry of that name is another than it was")
        return found

    def nobody(self) -> None:
        """Do the work of an answer for a name that nobody has, whatever comes of it."""
        with suppress(DirectoryError):
            self.by_name(secrets.token_hex(8), secrets.token_hex(8))

    def look(self) -> str:
        """Ask as for a person, and return in words how that went.

        Raises:
            DirectoryError: it cannot be asked.
        """
        s = self._settings
        with self._turn(), connected(s) as line:
            if not s.bind_dn:
                return "it answers; nobody but people themselves asks it"
            self._as_ourselves(line)
            wanted = s.filter.replace(NAME, secrets.token_hex(8))
            line.search(s.base, self._active(wanted), self._attributes)
        return "it answers, takes our name and password, and can be searched"

    def _asked(
        self, name: str, wanted: str, password: str, exactly: str | None = None
    ) -> Entry | Refused:
        if not password or len(password) > LONGEST:
            password = secrets.token_hex(8)
        with self._turn(), connected(self._settings) as line:
            if self._settings.bind_template:
                return self._as_themselves(line, name, wanted, password, exactly)
            self._as_ourselves(line)
            found = self._one(line, wanted, exactly)
            dn = f"cn={secrets.token_hex(8)},{self._settings.base}" if found is None else found.dn
            said = line.bind(dn, password)
            if found is None:
                return Refused("nobody of that name in the directory, or switched off there")
            return Refused(f"the directory says: {said}") if said else found

    def _as_themselves(
        self, line: Line, name: str, wanted: str, password: str, exactly: str | None
    ) -> Entry | Refused:
        said = line.bind(self._filled(name), password)
        if said:
            return Refused(f"the directory says: {said}")
        found = self._one(line, wanted, exactly)
        if found is None:
            return Refused("switched off in the directory, or not below directory.base")
        # The name may be one person's, and the entry that is found another's.
        said = line.bind(found.dn, password)
        return Refused(f"the entry of that name is another's: {said}") if said else found

    def _filled(self, name: str) -> str:
        """Return who binds: a DN, or a name as Active Directory takes it."""
        template = self._settings.bind_template
        if "=" in template:
            return template.replace(NAME, ldap.dn.escape_dn_chars(name))
        plain = all(one.isalnum() or one in "._-+" for one in name)
        return template.replace(NAME, name if plain else secrets.token_hex(8))

    def _as_ourselves(self, line: Line) -> None:
        said = line.bind(self._settings.bind_dn, self._settings.bind_password)
        if said:
            raise DirectoryError(f"it refuses directory.bind_dn: {said}")

    def _one(self, line: Line, wanted: str, exactly: str | None) -> Entry | None:
        """Return the one entry; None also where it is one of another name than `exactly` this.

        A directory finds people by names that are only alike (without accents, with more blanks).
        Each would be counted as a name of its own, and guessed at anew.
        """
        found = line.search(self._settings.base, self._active(wanted), self._attributes)
        if len(found) > 1:
            raise DirectoryError("several entries fit one name: see directory.filter")
        if not found or (exactly and not entry.is_called(found[0][1], exactly, self._typed)):
            return None
        return entry.read(*found[0], self._settings)

    def _active(self, wanted: str) -> str:
        return f"(&{wanted}{self._settings.active})"

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let few ask at once: a directory that is slow must not take every thread."""
        if not self._turns.acquire(blocking=False):
            raise DirectoryError(f"{self._settings.at_once} wait for it already")
        try:
            yield
        finally:
            self._turns.release()
