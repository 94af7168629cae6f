"""Which forms of ours are accepted (OWASP ASVS 3.5.1), and the pages for those that are not.

A form carries a token of its session, and comes from our own origin as far as the browser says
where it comes from. The token is bound to the session's row, so it survives the cookie's rotation.
"""

from urllib.parse import urlsplit

from flask import Blueprint, request

from idp import crypto, web
from idp.errors import PageError
from idp.language import _


def token() -> str:
    """Return the token that forms of this session carry."""
    found = web.session()
    return web.frame().keyring.keyed_digest("csrf", found.id) if found else ""


def protect(blueprint: Blueprint) -> None:
    """Let every POST of `blueprint` demand the session's token and our own origin."""
    blueprint.before_request(_check)


def _check() -> None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    _check_origin()
    if not web.has_cookie():
        raise cookies_off()
    if web.session() is None:
        raise expired()
    if not crypto.same(request.form.get("csrf_token", ""), token()):
        raise _foreign_form()


def _check_origin() -> None:
    """Refuse a form that a browser says another site sent."""
    origin = request.headers.get("Origin")
    own = urlsplit(web.frame().settings.server.issuer)
    if origin is not None and origin != f"{own.scheme}://{own.netloc}":
        raise _foreign_form()


def _foreign_form() -> PageError:
    return PageError(
        _("This form could not be accepted"),
        _("It did not come from this site, or from an older page of it."),
        _("Go back to the application and sign in again."),
        403,
    )


def cookies_off() -> PageError:
    """Return the page for a browser that keeps no cookie."""
    return PageError(
        _("Your browser did not send our cookie"),
        _(
            "Signing in needs one cookie, which remembers where you are. Your browser blocked it,"
            " or deleted it."
        ),
        _("Allow cookies for this site, then go back to the application and sign in again."),
    )


def expired() -> PageError:
    """Return the page for a sign-in that is over, or that another browser began."""
    return PageError(
        _("This sign-in is no longer open"),
        _("It took too long, was finished already, or was begun in another browser."),
        _("Go back to the application and sign in again."),
    )
