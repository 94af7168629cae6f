"""Browsers: what kind one is, in words, and whether a person has signed in with it before.

A cookie of its own remembers a browser beyond any session. It proves nothing: no step is left out
and no acr is higher because of it. Its only use is to tell a person of a sign-in with a browser
that was never used for the account, which the person may not know of.
"""

from idp import audit, crypto, language, notices, web
from idp.audit import Event
from idp.language import Words, _
from idp.notices import Notice
from idp.notify import Post
from idp.progress import Authorized, Interaction
from idp.settings import Settings
from idp.store import devices, people, sessions
from idp.store.db import Work
from idp.store.people import PersonRow

COOKIE_SIZE = 16
"""Random bytes in the cookie."""
_SOME = "A browser"

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
    return browser or (f"{_SOME} on {system}" if system else None)


def shown(label: str | None) -> Words:
    """Return what `words` found, in the language spoken."""
    browser, on, system = (label or "").partition(" on ")
    if not browser:
        return _("A browser")
    if not on:
        return browser
    if browser == _SOME:
        return _("A browser on %(system)s", system=system)
    return _("%(browser)s on %(system)s", browser=browser, system=system)


def at_hand() -> Words | None:
    """Say what kind of browser sends the request at hand; None when that is unknown."""
    label = words(web.user_agent())
    return shown(label) if label else None


def _first(table: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for mark, name in table if mark in text), None)


def known(work: Work, person: PersonRow) -> bool:
    """Say whether the browser at hand was used by this person before."""
    cookie = web.device()
    return cookie is not None and devices.exists(work, _digest(cookie, person))


def _digest(cookie: str, person: PersonRow) -> str:
    # Bound to the person: the table does not show who shares a browser.
    return crypto.bound_digest(cookie, "device", person.id)


def came(work: Work, interaction: Interaction) -> None:
    """Note what browser a step was passed in, while nobody is signed in there."""
    session = interaction.session
    if session is not None and session.person_id is None:
        sessions.describe(work, session.id, words(web.user_agent()), work.origin)


def arrived(
    work: Work, post: Post, settings: Settings, interaction: Interaction, done: Authorized
) -> None:
    """Note the browser and language of a finished sign-in; tell the person of a new browser.

    Call it once for each sign-in, in its transaction, after `SignIn.complete`. Nobody is told of
    the first sign-in of all. The language is learned then, or in a browser that is known: a thief
    does not choose the one in which a person is warned.
    """
    label, person = words(web.user_agent()), done.person
    session = interaction.session
    if session is None or session.person_id != person.id:
        sessions.describe(work, done.session_id, label, work.origin)
    cookie = web.device() or crypto.random_token(COOKIE_SIZE)
    web.set_device(cookie)
    digest = _digest(cookie, person)
    if devices.seen(work, digest, person.id, label or ""):
        _learn_language(work, person)
        return
    if not devices.add(work, digest, person.id, label or ""):
        return
    finished = Event.SIGN_IN_FINISHED.value
    if not devices.happened_before(work, person.id, finished, interaction.id):
        _learn_language(work, person)
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
        browser=shown(label) if label else None,
        client=application.name if application else None,
    )


def _learn_language(work: Work, person: PersonRow) -> None:
    if person.locale is None:
        people.learn_locale(work, person.id, language.spoken())
