"""What a proxy asks for each request of a browser: may it come in, and as whom.

`/forward/auth` answers 200 with headers for the application, or 401 or 403 (what `auth_request` of
nginx takes), where a page can be shown with the address of it as Location. `/forward/redirect` is
the same for proxies that hand an answer on to the browser (Traefik, Caddy): it sends it there.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from idp import audit, clock
from idp.audit import Event, Outcome
from idp.caller.sources import Network
from idp.forward import asked, cookies, decision
from idp.forward import entry as entries
from idp.forward.asked import Asked
from idp.forward.decision import Held, Verdict
from idp.forward.entry import Entry
from idp.forward.hosts import Hosts
from idp.forward.told import NOTHING, Told
from idp.oidc.clients.client import Client
from idp.oidc.clients.guarded import RESERVED
from idp.policy.types import Rules
from idp.store.db import Work
from idp.web.lane.plain import Answer, AnyRequest

AUTH, REDIRECT = "/forward/auth", "/forward/redirect"
START = f"{RESERVED}start"
REFUSED = "/forward/refused"
"""The page that says why somebody does not come in."""
_KEPT = ("Cache-Control", "no-store")
_TEXT = ("Content-Type", "text/plain; charset=utf-8")


@dataclass(frozen=True)
class Guard:
    """What a check needs of the installation. Threads share one."""

    hosts: Hosts
    told: Told
    rules: Rules
    issuer: str
    proxies: tuple[Network, ...]

    def auth(self, work: Work, request: AnyRequest) -> Answer:
        """Answer a proxy that looks at the status alone."""
        return self._answer(work, request, redirect=False)

    def redirect(self, work: Work, request: AnyRequest) -> Answer:
        """Answer a proxy that hands anything but 200 on to the browser."""
        return self._answer(work, request, redirect=True)

    def _answer(self, work: Work, request: AnyRequest, *, redirect: bool) -> Answer:
        found = asked.read(request, self.proxies)
        client = self.hosts.find(work, found.origin) if found else None
        if found is None or client is None:
            return _refusal(403, "This host is not guarded here, or this proxy is not known here.")
        entry = entries.find(
            work, client, request.cookies.get(cookies.name(found.origin, cookies.HERE), "")
        )
        said = self.verdict(client, found.path, entry)
        if said is Verdict.COME_IN and entry is not None:
            return Answer(200, (_KEPT, *self.told.headers(work, client, entry)), b"")
        if said is Verdict.OPEN:
            return Answer(200, (_KEPT, *NOTHING), b"")
        if said is Verdict.NOT_YOURS and found.shows and entry is not None:
            _note(work, entry)
        return self._kept_out(client, found, said, redirect)

    def verdict(self, client: Client, path: str, entry: Entry | None) -> Verdict:
        """Decide whether whoever holds `entry` may come to `path`."""
        needs = decision.needed(client.guarded_paths, path)
        held = None
        if entry is not None:
            about, person = entry.about, entry.person
            held = Held(about.acr, about.auth_time, person.user_type, person.groups)
        return decision.verdict(needs, held, clock.now(), self.rules.level, client.min_acr)

    def _kept_out(self, client: Client, found: Asked, said: Verdict, redirect: bool) -> Answer:
        signs_in = said is Verdict.SIGN_IN
        status, words = (401, "Sign in first.") if signs_in else (403, "Not for this account.")
        if not found.shows:
            return _refusal(status, words)
        if signs_in:
            place = f"{START}?rd={quote(found.target, safe='/')}"
        else:
            place = f"{self.issuer}{REFUSED}?{urlencode({'client_id': client.client_id})}"
        return _refusal(303 if redirect else status, words, ("Location", place))


def _note(work: Work, entry: Entry) -> None:
    """Record that somebody wanted to see a page that no sign-in of theirs opens.

    Without its path, which may say anything.
    """
    audit.record(
        work,
        Event.FORWARD_REFUSED,
        Outcome.REFUSED,
        person=entry.about.person_id,
        client=entry.about.client_id,
        sid=entry.about.sid,
        reason="a page of a guarded host is not for this person",
    )


def _refusal(status: int, words: str, *more: tuple[str, str]) -> Answer:
    return Answer(status, (_TEXT, _KEPT, *more), f"{words}\n".encode())
