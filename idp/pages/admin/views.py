"""The console's addresses."""

from flask import Blueprint, abort, request

from idp.installation import Installation
from idp.pages.admin import (
    applications,
    audit,
    brand,
    keys_page,
    messages_page,
    overview_page,
    people,
    rollout,
    settings_page,
    uploads,
)
from idp.web import csrf


def blueprint(installation: Installation) -> Blueprint:
    """Return the console, bound to an installation."""
    views = Blueprint("admin", __name__, url_prefix="/admin")
    views.before_request(uploads.let_in)
    csrf.protect(views)
    views.before_request(_storable)
    overview_page.add_to(views, installation)
    rollout.add_to(views, installation)
    people.add_to(views, installation)
    applications.add_to(views, installation)
    messages_page.add_to(views, installation)
    keys_page.add_to(views, installation)
    brand.add_to(views, installation)
    settings_page.add_to(views, installation)
    audit.add_to(views, installation)
    return views


def _storable() -> None:
    """Find nothing by a name with NUL: no text of PostgreSQL has one, so nothing is called so."""
    if "\0" in request.path:
        abort(404)
