"""The rollout in the console: the board, stages and their changes, exceptions from them.

Owns the pages below /admin/rollout/. What a stage may be, and every change, is `idp.rollout`.
"""

from flask import Blueprint

from idp.installation import Installation
from idp.pages.admin.rollout import (
    adoption_page,
    board,
    deeds,
    exceptions_page,
    mails,
    outlook_page,
    preview,
    reasons,
    shared_page,
    stage_form,
    stage_page,
)


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses below /admin/rollout/."""
    for module in (
        board,
        stage_form,
        preview,
        stage_page,
        deeds,
        reasons,
        exceptions_page,
        mails,
        outlook_page,
        shared_page,
        adoption_page,
    ):
        module.add_to(views, installation)
