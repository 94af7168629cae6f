"""Who sends a request: the address, the kind of browser, what the browser is recognised by.

Made once, where a request comes in (`web.work`, a command, the worker), and travels with the unit
of work; beside it: which address a proxy may name (`sources`), what the request is called
(`request_id`). It proves nothing. What a browser says of itself is never kept or shown: only words
of ours are.
"""

from dataclasses import dataclass
from functools import lru_cache

from idp.language import Words, _

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


@dataclass(frozen=True)
class Caller:
    """Who acts in a unit of work; all None for what happens by itself."""

    address: str | None = None
    """The network address, noted with every event; `cli:NAME` of an operator's command."""
    browser: str | None = None
    """The kind of browser, as `words` returns it."""
    marks: tuple[str, ...] = ()
    """What a browser was given to be recognised by, one for each person: `idp.signin.arrival`."""
    given: tuple[str, ...] | None = None
    """What it is given in the answer, in the place of `marks`; None: it keeps what it has."""
    request: str | None = None
    """What the request is called (`idp.caller.request_id`), noted with every event."""
    program: str | None = None
    """The client whose access token brought the request, at our own API."""
    acting: str | None = None
    """The `sub` of who acts on others, or on the installation, in the console: see `idp.audit`."""

    @property
    def browser_shown(self) -> Words | None:
        """The kind of browser in the language spoken; None when it is unknown."""
        return shown(self.browser) if self.browser else None


@lru_cache(maxsize=128)
def words(user_agent: str) -> str | None:
    """Say what kind of browser it is, such as `Firefox on Windows`; None when that is unknown."""
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


def _first(table: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for mark, name in table if mark in text), None)
