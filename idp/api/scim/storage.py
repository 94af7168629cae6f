"""Where SCIM reads and writes: the use cases of a directory, for one request."""

from dataclasses import dataclass
from typing import Any

from scim2_models import Resource, ResourceType, ResponseParameters, SearchRequest
from scim2_server.storage import ScimStorage, SearchPage

from idp.api.scim import groups, people, questions
from idp.api.scim.shapes import USER
from idp.operating.actor import Actor
from idp.operating.cases import Cases
from idp.operating.directory.entries import Entry, GroupEntry
from idp.store.db import Work
from idp.store.people.directories import Condition

FURTHEST = 2**31
"""Behind so many there is nothing, whatever number is sent."""
_Found = tuple[int, list[Resource[Any]]]


@dataclass(frozen=True)
class Asking:
    """Who asks, in which unit of work, and what can be done."""

    work: Work
    actor: Actor
    client_id: str
    can: Cases
    changes: bool
    """What is read is about to be changed: nobody else does meanwhile."""


class Storage(ScimStorage):
    """People and groups, for one request."""

    def __init__(self, asking: Asking, user: type[Resource[Any]]) -> None:
        self._asking = asking
        self._user = user

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        asking = self._asking
        who = (asking.work, asking.actor, asking.client_id, resource_id)
        if resource_type.name == USER:
            found = asking.can.directory_people
            return self._person(found.one_to_change(*who) if asking.changes else found.one(*who))
        can = asking.can.directory_groups
        if asking.changes:
            return groups.told(can.one_to_change(*who))
        return groups.told(can.one(*who, members=_wants_members(response_parameters)))

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        node = search_request.filter.ast if search_request.filter else None
        limit = search_request.count or 0
        offset = min(search_request.start_index_0 or 0, FURTHEST)
        page, alone = SearchPage(0, []), len(resource_types) == 1
        for kind in resource_types:
            asked = questions.read(node, of_people=kind.name == USER, alone=alone)
            total = page.total or 0
            part = (limit - len(page.resources), max(0, offset - total))
            if asked is None:
                continue
            if kind.name == USER:
                more = self._some_people(asked, *part)
            else:
                more = self._some_groups(asked, *part, _wants_members(search_request))
            page.total = total + more[0]
            page.resources += more[1]
        return page

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        asking = self._asking
        who = (asking.work, asking.actor, asking.client_id)
        if resource_type.name == USER:
            return self._person(asking.can.directory_people.add(*who, people.wanted(resource)))
        return self._group(asking.can.directory_groups.add(*who, groups.wanted(resource)))

    def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        asking = self._asking
        who = (asking.work, asking.actor, asking.client_id, str(resource.id))
        seen = _opened(expected_version)
        if resource_type.name == USER:
            wanted = people.wanted(resource)
            return self._person(asking.can.directory_people.put(*who, wanted, seen=seen))
        found = groups.wanted(resource)
        return self._group(asking.can.directory_groups.put(*who, found, seen=seen))

    def delete(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        asking = self._asking
        cases = asking.can
        can = cases.directory_people if resource_type.name == USER else cases.directory_groups
        who = (asking.work, asking.actor, asking.client_id, resource_id)
        can.remove(*who, seen=_opened(expected_version))

    def move(self, group_id: str, who: groups.Moves) -> Resource[Any]:
        """Let people come into a group and go; return it without its members."""
        asking, can = self._asking, self._asking.can.directory_groups
        can.join(asking.work, asking.actor, group_id, who.come, who.go)
        found = can.one(asking.work, asking.actor, asking.client_id, group_id, members=False)
        return self._group(found)

    # -- parts

    def _person(self, entry: Entry) -> Resource[Any]:
        return people.told(self._user, entry)

    def _group(self, entry: GroupEntry) -> Resource[Any]:
        return groups.told(entry)

    def _some_people(self, asked: list[Condition], limit: int, offset: int) -> _Found:
        asking = self._asking
        who = (asking.work, asking.actor, asking.client_id)
        total, found = asking.can.directory_people.find(*who, asked, limit, offset)
        return total, [self._person(one) for one in found]

    def _some_groups(
        self, asked: list[Condition], limit: int, offset: int, members: bool
    ) -> _Found:
        asking = self._asking
        who = (asking.work, asking.actor, asking.client_id)
        total, found = asking.can.directory_groups.find(*who, asked, limit, offset, members=members)
        return total, [self._group(one) for one in found]


def _opened(version: str | None) -> str | None:
    return None if version is None else version.removeprefix("W/").strip('"')


def _wants_members(asked: ResponseParameters[Any] | None) -> bool:
    """Tell whether the members of a group are to be answered: there may be thousands."""
    if asked is None:
        return True
    named = [str(one).rpartition(":")[2].casefold() for one in asked.attributes or []]
    left_out = [str(one).rpartition(":")[2].casefold() for one in asked.excluded_attributes or []]
    if named:
        return any(one.partition(".")[0] == groups.MEMBERS for one in named)
    return groups.MEMBERS not in left_out
