"""What directories send beside the standard, put into its words before it is read.

An address that is the user name is said once; a filter stands where a name should; a member that is
to go has a `$ref` of null. Each is what one of the large directories sends.
"""

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Union

from scim2_models import (
    ListResponse,
    PatchOp,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimProvider,
    SearchRequest,
)
from scim2_server.service import ScimService
from scim2_server.utils import parametrize

from idp.api.scim import groups, refusals, shapes
from idp.api.scim.shapes import USER
from idp.settings.values import Scim

MOST = 100
"""Operations of one change: each looks at all that the ones before have made. Those that say alone
who is in a group look at nothing, and may be more.
"""


class Service(ScimService):
    """The protocol as the library has it, with that."""

    def __init__(self, provider: ScimProvider) -> None:
        super().__init__(provider)
        models = tuple(self.get_models())
        everything: Any = Union[models]  # noqa: UP007 - of as many as there are
        # The library asks for these with each request, and Pydantic forgets a class that nobody
        # holds: to make it again takes longer than to answer.
        self._held = [
            *(parametrize(kind, everything) for kind in (ListResponse, SearchRequest)),
            *(
                parametrize(kind, model)
                for kind in (PatchOp, ResponseParameters, SearchRequest)
                for model in models
            ),
        ]

    def read_creation(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Resource[Any]:
        body = _reworded(body, _with_address) if resource_type.name == USER else body
        return super().read_creation(resource_type, body, content_type)

    def read_replacement(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Resource[Any]:
        body = _reworded(body, _with_address) if resource_type.name == USER else body
        return super().read_replacement(resource_type, body, content_type)

    def read_patch(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> "PatchOp[Any]":
        change = super().read_patch(resource_type, _reworded(body, _with_paths), content_type)
        if len(change.operations or ()) > MOST and groups.moves(change) is None:
            raise refusals.other(413, f"a change has {MOST} operations at most")
        return change


@lru_cache(maxsize=4)
def service(settings: Scim) -> Service:
    """Return the protocol with the attributes that these settings allow."""
    return Service(shapes.provider(settings))


def _reworded(body: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        # It is refused by whoever reads it next, who says where it is wrong.
        return body
    if not isinstance(said, dict):
        return body
    change(said)
    return json.dumps(said).encode()


def _with_address(said: dict[str, Any]) -> None:
    """Say a user name that is an address as the address, where no other is said."""
    names = {name.casefold(): name for name in said}
    username = said.get(names.get("username", ""))
    if said.get(names.get("emails", "")) or not isinstance(username, str) or "@" not in username:
        return
    said[names.get("emails", "emails")] = [{"value": username, "type": "work"}]


def _with_paths(said: dict[str, Any]) -> None:
    """Let each filter be the path of an operation of its own."""
    for name, operations in said.items():
        if name.casefold() == "operations" and isinstance(operations, list):
            said[name] = [more for one in operations for more in _operations(one)]


def _operations(one: Any) -> Iterator[Any]:
    if not isinstance(one, dict):
        yield one
        return
    value = one.get("value")
    if isinstance(value, list):
        yield {**one, "value": [_without_null(item) for item in value]}
        return
    if one.get("path") or not isinstance(value, dict):
        yield one
        return
    filtered = {key: item for key, item in value.items() if "[" in key}
    rest = {key: item for key, item in value.items() if key not in filtered}
    if rest or not filtered:
        yield {**one, "value": rest}
    for key, item in filtered.items():
        yield {**one, "path": key, "value": item}


def _without_null(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {key: value for key, value in item.items() if value is not None}
