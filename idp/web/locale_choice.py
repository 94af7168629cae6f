"""In which language a request is answered, and the links with which someone chooses another.

The first of these that names a language spoken here: what was chosen in this browser (a cookie
that ends with it), what the person chose on the account's page, what the application asked
(`ui_locales`, OIDC Core 3.1.2.1), Accept-Language, the setting `brand.language`. A choice changes
nothing but words: it is no part of a sign-in, and decides nothing.
"""

from collections.abc import Iterable

from flask import Flask, Response, g, request
from flask.globals import request_ctx

from idp import language, web

PARAMETER = "language"
"""What the links at the foot of a page add to its address."""


def cookie_name() -> str:
    """Return the name of the cookie that remembers a choice."""
    return f"{web.frame().cookie_name}-language"


def chosen() -> str | None:
    """Return the language chosen in this browser: in this address, or before."""
    here = request.args.get(PARAMETER)
    if here in language.LANGUAGES:
        g.setdefault("acrux_language", here)
    kept: str | None = g.get("acrux_language")
    return kept or language.known(request.cookies.get(cookie_name()))


def settle(person: str | None = None, asked: Iterable[str] = ()) -> None:
    """Speak to someone who is now known: `person` chose a language, the application `asked`."""
    language.speak(_first(person, asked))


def _first(person: str | None = None, asked: Iterable[str] = ()) -> str:
    header = request.headers.get("Accept-Language", "")
    wishes = [chosen(), person, *asked, *language.accepted(header)]
    return language.first_known(wishes, web.frame().settings.brand.language)


def remember(choice: str) -> None:
    """Let this browser go on in `choice`, a key of `LANGUAGES`."""
    g.acrux_language = choice
    language.speak(choice)


def forget() -> None:
    """Let this browser's own wishes decide again."""
    g.acrux_language = None


def links_lead_here() -> bool:
    """Return True if this page can be had again in another language, by its address alone."""
    # The bare bytes: this is also asked of an address that cannot be read.
    name, _, rest = request.query_string.partition(b"=")
    alone = not name or (name == PARAMETER.encode() and b"&" not in rest)
    adapter = request_ctx.url_adapter
    found = adapter is not None and adapter.test(request.path, method="GET")
    return alone and (request.method == "GET" or found)


def _listen() -> None:
    language.speak(_first)


def _keep(response: Response) -> Response:
    if request.query_string.startswith(b"language="):
        # Also where the answer says nothing, and leads on.
        chosen()
    if "acrux_language" in g and response.status_code < 500:
        choice = g.acrux_language
        response.set_cookie(
            cookie_name(),
            choice or "",
            # None: it goes.
            max_age=None if choice else 0,
            secure=web.frame().settings.secure,
            httponly=True,
            samesite="Lax",
            path="/",
        )
    if response.mimetype == "text/html" and not web.leads_on(response):
        response.headers["Content-Language"] = language.tag()
    return response


def _forget(_error: BaseException | None) -> None:
    language.speak(language.ENGLISH)


def init_app(app: Flask) -> None:
    """Let `app` answer every request in a language."""
    app.before_request(_listen)
    app.after_request(_keep)
    app.teardown_request(_forget)
