"""What auditors ask, each question a page with its filters in the address.

Owns the pages below /admin/audit/. They show what the trail and the ledger say, and change neither;
that they were looked at is an event itself. What is counted, and how it is found, is the store's.
"""

from flask import Blueprint

from idp.installation import Installation
from idp.pages.admin.audit import (
    applications_page,
    events_page,
    failures_page,
    home,
    in_force_page,
    pack_page,
    record_page,
    roles_page,
    saved_questions,
    sign_ins_page,
    token_page,
    tokens_page,
)


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses below /admin/audit/."""
    for module in (
        home,
        events_page,
        sign_ins_page,
        token_page,
        tokens_page,
        applications_page,
        failures_page,
        in_force_page,
        roles_page,
        record_page,
        pack_page,
        saved_questions,
    ):
        module.add_to(views, installation)
