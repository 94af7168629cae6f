"""One API as it is registered: a frozen value of its scopes and kinds of details."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.oidc.apis.members import Member, Words
from idp.store.oidc.apis import ApiRow


@dataclass(frozen=True)
class DetailType:
    """A kind of details that applications may ask for (RFC 9396 section 2)."""

    name: str
    words: Words
    """The sentence that a person agrees to, with `{member}` where what was asked stands."""
    members: Mapping[str, Member]


@dataclass(frozen=True)
class Api:
    """An API that applications get tokens for."""

    id: str
    audience: str
    """What `aud` calls it."""
    name: str
    published: bool = False
    """The metadata tells everybody of its scopes and types."""
    scopes: Mapping[str, Words] = field(default_factory=dict)
    """Each with what it lets an application do; with no words, its name stands for it."""
    types: Mapping[str, DetailType] = field(default_factory=dict)


def parse(row: ApiRow) -> Api:
    """Return the API that a row holds."""
    return from_data(row.id, row.audience, row.name, json.loads(row.data))


def from_data(api_id: str, audience: str, name: str, data: Mapping[str, Any]) -> Api:
    """Return the API that checked data describe (`checking.problems`)."""
    return Api(
        api_id,
        audience,
        name,
        data.get("published", False),
        data.get("scopes", {}),
        {one: _type(one, said) for one, said in data.get("types", {}).items()},
    )


def _type(name: str, said: Mapping[str, Any]) -> DetailType:
    members = {
        one: Member(held["kind"], held.get("choices", {}))
        for one, held in said.get("members", {}).items()
    }
    return DetailType(name, said["words"], members)


def words_of(apis: Iterable[Api], scopes: Iterable[str]) -> dict[str, Words]:
    """Return what is said of those `scopes` that are an API's."""
    wanted = frozenset(scopes)
    return {name: words for api in apis for name, words in api.scopes.items() if name in wanted}
