"""One request of a browser: its session, read once, and the session id that its answer gives it.

Flask's requests have one each (`idp.web.visit`), and those that the lane answers. It sets no
header.
"""

from collections.abc import Mapping

from idp.signin import sessions
from idp.store.db import Work
from idp.store.signin.sessions import SessionRow
from idp.web.layer import Frame


class ForFlask(Exception):
    """The lane has no answer to this: Flask has, from the beginning. Nothing was kept."""


class Visit:
    """A browser at work. It lasts as long as the request."""

    def __init__(
        self, frame: Frame, work: Work, cookies: Mapping[str, str], *, in_lane: bool = False
    ) -> None:
        self.frame = frame
        self._work = work
        self._cookies = cookies
        self._in_lane = in_lane
        self._read = False
        self._session: SessionRow | None = None
        self.cookie: str | None = None
        """The session id that the browser is given; "": none any more; None: it keeps its own."""
        self.state: str | None = None
        """What a script of ours may read of the session: see `oidc.logout.session_state`."""

    def session(self, *, with_owner: bool = False) -> SessionRow | None:
        """Return the browser's session; possibly `stale`, see `idp.signin.sessions.read`.

        `with_owner` asks for its person, too, unless it is known already.
        """
        if not self._read:
            cookie = self._cookies.get(self.frame.cookie_name, "")
            limits = self.frame.settings.session
            if cookie:
                self._session = sessions.read(self._work, cookie, limits, with_owner=with_owner)
            self._read = True
        return self._session

    def session_again(self, *, with_owner: bool = False) -> SessionRow | None:
        """Return the session as it is now: something was changed while this request ran."""
        self._read, self._session = False, None
        return self.session(with_owner=with_owner)

    @property
    def knows_session(self) -> bool:
        """Return True if this request has asked for the session."""
        return self._read

    def open_session(self) -> None:
        """Give a browser that has no session one of its own."""
        found = self.session()
        if found is None or found.stale:
            opened = sessions.begin(self._work, self.frame.settings.session)
            self._session, self.cookie = opened.session, opened.cookie

    def renew_cookie(self) -> None:
        """Give the browser a new session id."""
        found = self.session()
        if found is not None:
            self.cookie = sessions.rotate(self._work, found)

    def brought(self, name: str) -> str:
        """Return the cookie `name` that the browser sent, "" for none."""
        return self._cookies.get(name, "")

    def leave_lane(self) -> None:
        """Go on only where pages are shown, and a sign-in is begun.

        Raises:
            ForFlask: in the lane.
        """
        if self._in_lane:
            raise ForFlask

    def undo(self) -> None:
        """Forget the session: the request has failed, and what it kept is undone."""
        self._read, self._session = True, None
        # A new session id was kept no more than the rest.
        self.cookie = None
