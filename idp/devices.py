"""Browsers: what kind one is, in words, and whether a person has signed in with it before.

A cookie of its own remembers a browser beyond any session. It proves nothing: no step is left out
and no acr is higher because of it. Its only use is to tell a person of a sign-in with a browser
that was never used for the account, which the person may not know of.
"""

from idp import audit, crypto, notices, web
from idp.audit import Event
from idp.notices import Notice
from idp.notify import Post
from idp.progress import Authorized, Interaction
from idp.settings import Settings
from idp.store import devices, sessions
from idp.store.db import Work

COOKIE_SIZE = 16
"""Random bytes in the cookie."""

# The first that is found counts: most browsers also name those they wish to be taken for.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows NT", "Windows"),
    ("CrOS ", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def words(user_agent: str) -> str | None:
    """Say what kind of browser it is, such as `Firefox on Windows`; None when that is unknown.

    Only words of ours are ever returned: what a browser sends is shown to nobody.
    """
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or (f"A browser on {system}" if system else None)


def _first(table: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for mark, name in table if mark in text), None)


def arrived(
    work: Work, post: Post, settings: Settings, interaction: Interaction, done: Authorized
) -> None:
    """Note with what browser a sign-in was finished, and tell the person if it is a new one.

    Call it once for each sign-in, in its transaction, after `SignIn.complete`. Nobody is told of
    the first sign-in of all.
    """
    label, person = words(web.user_agent()), done.person
    session = interaction.session
    if session is None or session.person_id != person.id:
        sessions.describe(work, done.session_id, label, work.origin)
    cookie = web.device() or crypto.random_token(COOKIE_SIZE)
    web.set_device(cookie)
    # Bound to the person: the table does not show who shares a browser.
    digest = crypto.bound_digest(cookie, "device", person.id)
    if devices.seen(work, digest, person.id, label or ""):
        return
    if not devices.add(work, digest, person.id, label or ""):
        return
    finished = Event.SIGN_IN_FINISHED.value
    if not devices.happened_before(work, person.id, finished, interaction.id):
        return
    application = interaction.demand.application
    audit.record(
        work,
        Event.DEVICE_NEW,
        person=person.id,
        client=interaction.demand.client_id,
        interaction=interaction.id,
        sid=done.sid,
        reason=label or "a browser of an unknown kind",
    )
    notices.tell(
        work,
        post,
        settings,
        person,
        Notice.NEW_DEVICE,
        browser=label,
        client=application.name if application else None,
    )
