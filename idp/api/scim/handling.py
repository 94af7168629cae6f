"""Each operation of SCIM as the library carries it out, and a group's short way."""

from typing import Any, cast

from scim2_models import PatchOp, Resource, ResourceType
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest

from idp.api.scim import groups
from idp.api.scim.shapes import GROUP
from idp.api.scim.storage import Storage

_ANY = Conditions()


class Handler(ScimHandler):
    """Carries out one request."""

    _brief = False
    """The answer says nothing of the members."""

    def handle(self, request: ScimRequest) -> Any:
        self._brief = not {"attributes", "excludedAttributes"} & set(request.query)
        return super().handle(request)

    def patch_resource(
        self,
        resource_type: ResourceType,
        resource_id: str,
        patch_op: "PatchOp[Any]",
        conditions: Conditions,
    ) -> Resource[Any]:
        """Apply a change; one that names who comes and goes without a look at all the others."""
        who = None
        if resource_type.name == GROUP and self._brief and conditions == _ANY:
            who = groups.moves(patch_op)
        if who is not None:
            return cast(Storage, self.storage).move(resource_id, who)
        return super().patch_resource(resource_type, resource_id, patch_op, conditions)
