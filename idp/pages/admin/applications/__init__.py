"""The console's pages about applications: listed, registered, changed, given secrets, removed.

Owns what these pages show and ask. What is done, and what can be registered, is
`operating.applications.clients`'.
"""

from flask import Blueprint

from idp.installation import Installation
from idp.pages.admin.applications import (
    apis_page,
    deed_pages,
    form_page,
    guarded_page,
    list_page,
    logo_page,
    one_page,
    settings_page,
    try_page,
)


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of everything about applications."""
    list_page.add_to(views, installation)
    form_page.add_to(views, installation)
    one_page.add_to(views, installation)
    logo_page.add_to(views, installation)
    settings_page.add_to(views, installation)
    try_page.add_to(views, installation)
    deed_pages.add_to(views, installation)
    apis_page.add_to(views, installation)
    guarded_page.add_to(views, installation)
