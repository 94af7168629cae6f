"""How pages look and what messages say, decided in the console and seen before it is saved.

Owns the forms and what they show. What may be decided, and its events, are `operating.branding`'s.
"""

from flask import Blueprint

from idp.installation import Installation
from idp.pages.admin.brand import look_page, words_page


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the look and the words."""
    look_page.add_to(views, installation)
    words_page.add_to(views, installation)
