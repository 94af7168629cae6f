"""In which language a request is answered, and the form with which somebody chooses another.

The first of these that names a language spoken here: what was chosen in this browser (a cookie
that ends with it), what the person chose on the account's page, what the application asked
(`ui_locales`, OIDC Core 3.1.2.1), Accept-Language, the setting `brand.language`. A choice changes
nothing but words: it is no part of a sign-in, and decides nothing.
"""

from collections.abc import Iterable

from flask import Blueprint, Flask, Response, g, request

from idp import language, web
from idp.errors import PageError
from idp.language import LANGUAGES, _

NOWHERE = "/account/"


def cookie_name() -> str:
    """Return the name of the cookie that remembers a choice."""
    return f"{web.frame().cookie_name}-language"


def chosen() -> str | None:
    """Return the language chosen in this browser."""
    return language.known(request.cookies.get(cookie_name()))


def settle(person: str | None = None, asked: Iterable[str] = ()) -> None:
    """Speak to somebody known by now: `person` chose a language, the application `asked`."""
    otherwise = web.frame().settings.brand.language
    wishes = [chosen(), person, *asked, *language.accepted(_accept_language())]
    language.speak(language.first_known(wishes, otherwise))


def remember(choice: str) -> None:
    """Let this browser go on in the language chosen."""
    g.acrux_language = choice
    language.speak(choice)


def _accept_language() -> str:
    return request.headers.get("Accept-Language", "")


def _listen() -> None:
    settle()


def _keep(response: Response) -> Response:
    choice = g.get("acrux_language")
    if choice is not None and response.status_code < 500:
        secure = web.frame().settings.secure
        response.set_cookie(
            cookie_name(), choice, secure=secure, httponly=True, samesite="Lax", path="/"
        )
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = language.tag()
    return response


def _forget(_error: BaseException | None) -> None:
    language.speak(language.ENGLISH)


def _here(path: str) -> str:
    """Return where the form stood: a path of this site and nothing else."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else NOWHERE


def init_app(app: Flask) -> None:
    """Let `app` answer every request in a language, and take a choice at /language."""
    views = Blueprint("language", __name__)
    web.protect(views)

    @views.post("/language")
    def choose() -> Response:
        choice = request.form.get("language", "")
        if choice not in LANGUAGES:
            raise PageError(
                _("That language is not spoken here"),
                _("Choose one of those at the foot of the page."),
                "",
                400,
            )
        remember(choice)
        return web.see_other(_here(request.form.get("back", "")))

    app.before_request(_listen)
    app.after_request(_keep)
    app.teardown_request(_forget)
    app.register_blueprint(views)
