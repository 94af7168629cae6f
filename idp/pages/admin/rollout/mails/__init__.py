"""The mails ahead of a stage's date in the console: what became of them, and what they say."""

from flask import Blueprint

from idp.installation import Installation
from idp.pages.admin.rollout.mails import letter_form, letters, sent


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of a stage's mails."""
    for module in (sent, letters, letter_form):
        module.add_to(views, installation)
