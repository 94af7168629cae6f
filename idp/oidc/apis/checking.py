"""What an API may be registered with. Each rule yields what is wrong, in words for an operator."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from idp import language
from idp.oidc.apis.api import Api
from idp.oidc.apis.members import KINDS, LONGEST, readable
from idp.oidc.vocabulary import SCOPES
from idp.policy.roles import opens_us

MOST = 50
"""Scopes, types, members or choices of one thing; and APIs."""
LONGEST_WORDS = 300
"""Characters of a sentence."""
CLAIM = "claim:"
"""How a consent to a single claim begins (`authorize.requested_claims`): no scope is called so."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")
"""RFC 6749 section 3.3."""
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}")
_MEMBER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_HOLE = re.compile(r"\{([^{}]*)\}")
_DATA = ("published", "scopes", "types")
_OWN = ("type", "locations")
"""What every detail has or may have (RFC 9396 section 2): no member of an operator's."""


def identity(api_id: str, audience: str, name: str, issuer: str) -> Iterator[str]:
    """Yield what is wrong with how an API is called; `issuer` is our own name."""
    if not _ID.fullmatch(api_id):
        yield "id: use 1 to 40 of a-z, 0-9 and -"
    decent = audience.isprintable() and not set(audience) & set(' "\\')
    if not 0 < len(audience) <= 200 or not decent:
        yield "audience is 1 to 200 characters without spaces, such as https://pay.example.org"
    if audience == issuer or audience.startswith(f"{issuer}/"):
        yield "audience: what begins with our own address is ours"
    if not 0 < len(name) <= 200 or not readable(name):
        yield "name is 1 to 200 characters of plain text"


def problems(data: Mapping[str, Any], others: Iterable[Api]) -> Iterator[str]:
    """Yield what is wrong with what an API has; no other API has a scope or type of that name."""
    for member in data.keys() - set(_DATA):
        yield f"{member!r} is no member: {', '.join(_DATA)}"
    if not isinstance(data.get("published", False), bool):
        yield "published is true or false"
    taken_scopes, taken_types = set[str](), set[str]()
    for other in others:
        taken_scopes |= other.scopes.keys()
        taken_types |= other.types.keys()
    yield from _scopes(data.get("scopes", {}), taken_scopes)
    yield from _types(data.get("types", {}), taken_types)


def _named(what: str, said: Any) -> Iterator[str]:
    if not isinstance(said, dict):
        yield f"{what} must be a JSON object"
    elif len(said) > MOST:
        yield f"{what}: {MOST} at most"


def _scopes(said: Any, taken: set[str]) -> Iterator[str]:
    yield from (wrong := [*_named("scopes", said)])
    for name, words in {} if wrong else said.items():
        if not _SCOPE.fullmatch(name):
            yield f"{name!r} is no name of a scope (RFC 6749 section 3.3)"
        elif name in SCOPES or opens_us(name) or name.startswith(CLAIM):
            yield f"{name!r} means something else already"
        elif name in taken:
            yield f"{name!r} is a scope of another API"
        yield from _words(f"scope {name!r}", words)


def _types(said: Any, taken: set[str]) -> Iterator[str]:
    yield from (wrong := [*_named("types", said)])
    for name, one in {} if wrong else said.items():
        if not _TYPE.fullmatch(name):
            yield f"{name!r} is no name of a type: use letters, digits and _ . : / -"
        if name in taken:
            yield f"{name!r} is a type of another API"
        yield from _type(f"type {name!r}", one)


def _type(where: str, said: Any) -> Iterator[str]:
    if not isinstance(said, dict) or not said.keys() <= {"words", "members"}:
        yield f"{where} has words and members"
        return
    members = said.get("members", {})
    yield from (wrong := [*_named(f"{where}: members", members)])
    if wrong:
        return
    for name, one in members.items():
        yield from _member(where, name, one)
    yield from _words(where, said.get("words"), needed=True)
    for code, text in _texts(said.get("words")):
        # What a person does not read, a person has not agreed to.
        if set(_HOLE.findall(text)) != members.keys():
            names = " ".join(f"{{{name}}}" for name in members) or "nothing in braces"
            yield f"{where}: the words in {code} must have {names}"
        elif set(_HOLE.sub("", text)) & set("{}"):
            yield f"{where}: the words in {code} have a brace that is none of a member"


def _member(where: str, name: str, said: Any) -> Iterator[str]:
    if not _MEMBER.fullmatch(name) or name in _OWN:
        yield f"{where}: a member is not called {name!r}"
    if not isinstance(said, dict) or not said.keys() <= {"kind", "choices"}:
        yield f"{where}: {name} has a kind, and choices where it is a choice"
        return
    if said.get("kind") not in KINDS:
        yield f"{where}: {name} is of a kind: {', '.join(KINDS)}"
        return
    choices = said.get("choices", {})
    yield from (wrong := [*_named(f"{where}: choices of {name}", choices)])
    if not wrong and (said["kind"] == "choice") != bool(choices):
        yield f"{where}: {name} has choices if it is a choice, and only then"
    for value, words in {} if wrong else choices.items():
        if not 0 < len(value) <= LONGEST or not readable(value):
            yield f"{where}: a choice of {name} is no plain text"
        yield from _words(f"{where}: {value!r} of {name}", words, needed=True)


def _words(where: str, said: Any, *, needed: bool = False) -> Iterator[str]:
    if not isinstance(said, dict) or (needed and not said):
        yield f'{where} has words by language, such as {{"en": "…"}}'
        return
    for code, text in said.items():
        if code not in language.LANGUAGES:
            yield f"{where}: {code!r} is no language here: {', '.join(language.LANGUAGES)}"
        elif not isinstance(text, str) or len(text) > LONGEST_WORDS or not readable(text):
            yield f"{where}: the words in {code} are 1 to {LONGEST_WORDS} characters of plain text"


def _texts(said: Any) -> Iterator[tuple[str, str]]:
    if isinstance(said, dict):
        yield from ((code, text) for code, text in said.items() if isinstance(text, str))
