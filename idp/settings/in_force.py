"""Every setting as it is in force, and where it comes from, for those who may look.

No secret is told, only whether there is one; of an address neither a password in it nor its query.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from idp.settings.allowed import secrets
from idp.settings.values import Settings

DEFAULT = ""
"""The origin of what nobody has set."""
_USER = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_QUERY = re.compile(r"(?<=\?)\S+")
HIDDEN = "…"


@dataclass(frozen=True)
class InForce:
    """A setting. `value` is None of a secret, of which `is_set` says whether there is one."""

    name: str
    value: str | None
    is_set: bool
    origin: str
    """A file, the name of a variable, or `DEFAULT`."""


def everything(settings: Settings) -> Iterator[InForce]:
    """Yield every setting, section by section."""
    for section in fields(settings):
        values: Any = getattr(settings, section.name)
        if is_dataclass(values):
            hidden = secrets(type(values))
            for key in fields(values):
                name, value = f"{section.name}.{key.name}", getattr(values, key.name)
                yield _told(settings, name, value, secret=key.name in hidden)
    yield _told(settings, "levels", [level.name for level in settings.levels])
    yield _told(settings, "aliases", [f"{k} = {v}" for k, v in settings.aliases.items()])


def _told(settings: Settings, name: str, value: Any, *, secret: bool = False) -> InForce:
    origin = settings.origins.get(name, DEFAULT)
    is_set = value not in ("", (), [])
    return InForce(name, None if secret else _text(value), is_set, origin)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return ", ".join(map(_text, value))
    return _QUERY.sub(HIDDEN, _USER.sub(HIDDEN, str(value)))
