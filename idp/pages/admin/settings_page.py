"""The settings in force, section by section, and where each comes from. Nothing is changed here."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response

from idp import web
from idp.installation import Installation
from idp.language import _
from idp.operating import cases
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.policy.roles import Action
from idp.settings.in_force import InForce
from idp.signin.interaction import Authorized

PATH = frame.SETTINGS


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the address of the settings."""
    shown = cases.of(installation).settings

    @views.get("/settings/")
    @entry.reads(installation, PATH, Action.SETTINGS_READ)
    def settings(who: Authorized) -> Response:
        found = shown.everything(web.work(), actor(who))
        return frame.show(
            "settings",
            who,
            place=PATH,
            title=_("Settings in force"),
            environment=installation.settings.environment,
            sections=_sections(found),
        )


def _sections(found: Iterable[InForce]) -> dict[str, list[dict[str, Any]]]:
    sections: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        row = {"name": one.name, "value": one.value, "set": one.is_set, "origin": one.origin}
        sections.setdefault(one.name.partition(".")[0], []).append(row)
    return sections
