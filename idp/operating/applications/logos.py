"""Logos of applications, uploaded: looked at, kept, and named by what is registered."""

from idp.installation import Installation
from idp.oidc.clients import pictures
from idp.operating.actor import Actor, acts
from idp.operating.applications.clients import Clients
from idp.operating.applications.registered import Registered
from idp.policy.roles import Action
from idp.store.db import Work
from idp.store.oidc import pictures as kept


class Logos:
    """The pictures of one installation's applications."""

    def __init__(self, installation: Installation) -> None:
        self._clients = Clients(installation)

    @acts(Action.CLIENTS_CHANGE)
    def change(
        self,
        work: Work,
        actor: Actor,
        client_id: str,
        content: bytes | None,
        *,
        seen: str | None = None,
    ) -> Registered:
        """Let an application's sign-in page show a picture; None: none of ours.

        It is a change of the member `logo`, with that event.

        Raises:
            CommandError: it is no picture that can be shown.
            NotFound, Changed: there is none, or somebody else was faster.
        """
        name = None if content is None else pictures.name_of(content)
        changed = self._clients.change(work, actor, client_id, {"logo": name}, seen=seen)
        if content is not None:
            kept.add(work, pictures.digest(content), content)
        return changed
