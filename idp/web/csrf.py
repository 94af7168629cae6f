"""Which forms of ours are accepted (OWASP ASVS 3.5.1), and the pages for those that are not.

A form carries a token of its session, and comes from our own origin as far as the browser says
where it comes from. The token is bound to the session's row, so it survives the cookie's rotation.
"""

import base64
import hmac
from urllib.parse import urlsplit

from flask import Blueprint, request
from flask.globals import request_ctx

from idp import crypto, web
from idp.errors import ACCOUNT, DeadEnd, PageError, WayOn
from idp.language import Words, _

_SIZE = 32


def token() -> str:
    """Return the token that forms of this session carry, masked again for each page.

    Pages are compressed, and a token that is always the same could be found out from their
    length by anyone who has something of theirs shown beside it (BREACH).
    """
    secret = _secret()
    if secret is None:
        return ""
    mask = crypto.random_bytes(_SIZE)
    return base64.urlsafe_b64encode(mask + _xor(mask, secret)).decode()


def is_ours(given: str) -> bool:
    """Return True if a form's token is one of this session."""
    secret = _secret()
    if secret is None or len(given) > 4 * _SIZE:
        return False
    try:
        raw = crypto.from_base64url(given)
    except ValueError:
        return False
    return hmac.compare_digest(_xor(raw[:_SIZE], raw[_SIZE:]), secret)


def _secret() -> bytes | None:
    found = web.session()
    if found is None:
        return None
    return crypto.from_base64url(web.frame().keyring.keyed_digest("csrf", found.id))


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=False))


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
        raise _too_old()
    if not is_ours(request.form.get("csrf_token", "")):
        raise _foreign_form()


def _check_origin() -> None:
    """Refuse a form that a browser says another site sent."""
    origin = request.headers.get("Origin")
    own = urlsplit(web.frame().settings.server.issuer)
    if origin is not None and origin != f"{own.scheme}://{own.netloc}":
        raise _foreign_form()


def _foreign_form() -> PageError:
    return _ended(
        _("This form could not be accepted"),
        _(
            "Nothing was changed: the form did not come from this site, or came from an older"
            " page of it."
        ),
        403,
    )


def cookies_off() -> PageError:
    """Return the page for a browser that keeps no cookie."""
    return DeadEnd(
        _("Your browser did not keep your place"),
        _(
            "Signing in works only if your browser remembers where you are. It keeps nothing for"
            " this site, or this page was opened on its own. If it happens again, allow this site"
            " to save data in the settings of your browser."
        ),
    )


def expired() -> PageError:
    """Return the page for a sign-in that is over, or that another browser began."""
    return DeadEnd(
        _("This sign-in is no longer open"),
        _("It took too long, was finished already, or was begun in another browser."),
    )


def _too_old() -> PageError:
    if _in_sign_in():
        return expired()
    return _ended(
        _("This page was open for too long"),
        _("What you typed was not saved. Open the page again."),
        400,
    )


def _ended(title: Words, message: Words, status: int) -> PageError:
    """Return the page for a form that is refused; the page it stood on can be had again."""
    if _in_sign_in():
        return DeadEnd(title, message, status=status)
    adapter = request_ctx.url_adapter
    again = adapter is not None and adapter.test(request.path, method="GET")
    way = WayOn(_("Open the page again"), request.path) if again else ACCOUNT
    return PageError(title, message, status=status, way=way)


def _in_sign_in() -> bool:
    return "interaction_id" in (request.view_args or {})
