"""The console's pages about people: finding one, why a sign-in fails, what can be done about it.

Owns what these pages show and ask. What is done, who may, and on whom, is `operating.people`'s.
"""

from flask import Blueprint

from idp.installation import Installation
from idp.pages.admin.people import (
    deeds,
    exceptions_page,
    import_job_page,
    import_page,
    kinds_page,
    list_page,
    new_page,
    person_page,
    profile_page,
    rename_page,
)


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of everything about people."""
    list_page.add_to(views, installation)
    kinds_page.add_to(views, installation)
    rename_page.add_to(views, installation)
    new_page.add_to(views, installation)
    import_page.add_to(views, installation)
    import_job_page.add_to(views, installation)
    person_page.add_to(views, installation)
    profile_page.add_to(views, installation)
    exceptions_page.add_to(views, installation)
    deeds.add_to(views, installation)
