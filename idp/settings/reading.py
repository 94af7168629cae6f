"""Settings are read here, once, and checked (`checks`); nothing else reads the environment.

A key that `config/defaults.toml` does not have, a value of the wrong type, or a production setting
that is unsafe raises ConfigurationError with one line that says what to change.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, get_type_hints

from idp import shipped
from idp.errors import ConfigurationError
from idp.settings import checks
from idp.settings.values import LevelSetting, Settings

CONFIG = shipped.folder("config")
ENVIRONMENTS = ("production", "demo", "testing")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings named by `environ` (default: the process's environment).

    Raises:
        ConfigurationError: one line that says what to change.
    """
    environ = os.environ if environ is None else environ
    environment = environ.get("ACRUX_ENV", "production")
    if environment not in ENVIRONMENTS:
        raise ConfigurationError(f"ACRUX_ENV is {environment!r}: use {', '.join(ENVIRONMENTS)}")
    tree = _read(CONFIG / "defaults.toml")
    known = {name: frozenset(keys) for name, keys in tree.items() if isinstance(keys, dict)}
    files = [CONFIG / f"{environment}.toml"]
    if environ.get("ACRUX_CONFIG"):
        files.append(Path(environ["ACRUX_CONFIG"]))
    origins: dict[str, str] = {}
    for file in files:
        origins |= dict.fromkeys(_merge(tree, _read(file), known, str(file)), str(file))
    origins |= _merge_environ(tree, environ, known)
    settings = _build(environment, tree, origins)
    _check(settings)
    return settings


def _read(file: Path) -> dict[str, Any]:
    try:
        parsed = _parsed(file.read_text())
    except OSError:
        raise ConfigurationError(f"{file} cannot be read") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file} is not TOML: {error}") from None
    # A key is changed in its section's copy; the lists below it are replaced, never changed.
    return {name: dict(v) if isinstance(v, dict) else v for name, v in parsed.items()}


# What is shipped is read for each installation that a process opens: tests open thousands.
_parsed = lru_cache(maxsize=8)(tomllib.loads)


def _merge(tree: dict[str, Any], more: dict[str, Any], known: Any, origin: str) -> Iterator[str]:
    """Put what a file says into `tree`; yield the name of each setting."""
    for section, values in more.items():
        if section in ("levels", "aliases"):
            tree[section] = values
            yield section
            continue
        if section not in known or not isinstance(values, dict):
            raise ConfigurationError(f"{origin}: there is no section [{section}]")
        for key, value in values.items():
            if key not in known[section]:
                raise ConfigurationError(f"{origin}: [{section}] has no key {key!r}")
            tree[section][key] = value
            yield f"{section}.{key}"


def _merge_environ(tree: dict[str, Any], environ: Mapping[str, str], known: Any) -> dict[str, str]:
    """Put what variables say into `tree`; return which variable is of which setting."""
    found = {}
    for name, text in environ.items():
        if not name.startswith("ACRUX_") or "__" not in name:
            continue
        section, _, key = name.removeprefix("ACRUX_").lower().partition("__")
        if section in ("levels", "aliases") or section not in known or key not in known[section]:
            raise ConfigurationError(f"{name} names no setting: see config/defaults.toml")
        tree[section][key] = _from_text(name, text, tree[section][key])
        found[f"{section}.{key}"] = name
    return found


def _from_text(name: str, text: str, like: Any) -> Any:
    """Read a variable as the type that the file's value has."""
    try:
        if isinstance(like, bool):
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if isinstance(like, int):
            return int(text)
        if isinstance(like, float):
            return float(text)
    except (ValueError, KeyError):
        raise ConfigurationError(f"{name} must be {type(like).__name__}, not {text!r}") from None
    if isinstance(like, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _build(environment: str, tree: dict[str, Any], origins: Mapping[str, str]) -> Settings:
    hints = _hints(Settings)
    values: dict[str, Any] = {"environment": environment, "origins": origins}
    for field in fields(Settings):
        if field.name in ("environment", "levels", "aliases", "origins"):
            continue
        values[field.name] = _record(hints[field.name], tree[field.name], f"[{field.name}]")
    values["levels"] = tuple(
        _record(LevelSetting, level, f"[[levels]] number {number}")
        for number, level in enumerate(tree["levels"], 1)
    )
    values["aliases"] = dict(tree["aliases"])
    return Settings(**values)


_hints = cache(get_type_hints)


def _record(kind: Any, raw: Any, where: str) -> Any:
    hints = _hints(kind)
    values: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in hints:
            raise ConfigurationError(f"{where} has no key {key!r}")
        values[key] = _typed(hints[key], value, f"{where} {key}")
    try:
        return kind(**values)
    except TypeError:
        raise ConfigurationError(f"{where} lacks a key, or has one too many") from None


def _typed(hint: Any, value: Any, where: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (str, int, float, bool):
        if type(value) is not hint:
            raise ConfigurationError(f"{where} must be {hint.__name__}, not {value!r}")
        return value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError(f"{where} must be a list of strings")
    return tuple(value)


def _check(settings: Settings) -> None:
    for problem in (*checks.problems(settings), *checks.production_problems(settings)):
        raise ConfigurationError(problem)
