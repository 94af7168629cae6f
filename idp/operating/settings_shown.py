"""The settings in force, for those who may see them. They are changed where they are written."""

from collections.abc import Iterator

from idp.installation import Installation
from idp.operating.actor import Actor, acts
from idp.policy.roles import Action
from idp.settings import in_force
from idp.settings.in_force import InForce
from idp.store.db import Work


class SettingsShown:
    """The settings of one process of an installation."""

    def __init__(self, installation: Installation) -> None:
        self._settings = installation.settings

    @property
    def zone(self) -> str:
        """The time zone in which a date without one is read."""
        return self._settings.brand.time_zone

    @acts(Action.SETTINGS_READ)
    def everything(self, _work: Work, _actor: Actor) -> Iterator[InForce]:
        """Return every setting, and where it comes from; of a secret, that there is one."""
        return in_force.everything(self._settings)
