"""Finding people, and why one of them cannot sign in."""

from collections.abc import Iterator

from idp.installation import Installation
from idp.operating.actor import Actor, acts
from idp.operating.people.naming import named, of_sub
from idp.people import help_reference
from idp.people.helpdesk import Explanation
from idp.policy.roles import Action
from idp.store import credentials
from idp.store.credentials import CredentialRow
from idp.store.db import Work
from idp.store.people import PersonRow, finding

PAGE = 100


class Directory:
    """The people of one installation, to look at."""

    def __init__(self, installation: Installation) -> None:
        self._helpdesk = installation.helpdesk

    @acts(Action.PEOPLE_READ)
    def page(
        self,
        work: Work,
        _actor: Actor,
        search: str = "",
        after: str = "",
        limit: int = PAGE,
        *,
        user_type: str = "",
        group: str = "",
    ) -> list[PersonRow]:
        """Return people by user name, from the one after the user name `after` on.

        With `search`, those whose user name or address begins so, or whose name has it in it; with
        `user_type` those of this type, with `group` those in this group.
        """
        begin = search.strip().lower()
        return finding.found(work, begin, after, limit, user_type=user_type, group=group)

    def everyone(self, work: Work, actor: Actor) -> Iterator[PersonRow]:
        """Yield everyone by user name, as `page` does."""
        after = ""
        while found := self.page(work, actor, after=after, limit=1000):
            yield from found
            after = found[-1].username

    @acts(Action.PEOPLE_READ)
    def one(self, work: Work, _actor: Actor, sub: str) -> PersonRow:
        """Return the person of this `sub`.

        Raises:
            NotFound: there is no one.
        """
        return of_sub(work, sub)

    @acts(Action.PEOPLE_READ)
    def named(self, work: Work, _actor: Actor, name: str) -> PersonRow:
        """Return the person with this user name, e-mail address or `sub`.

        Raises:
            NotFound: there is no one.
        """
        return named(work, name)

    @acts(Action.PEOPLE_READ)
    def asking(self, work: Work, _actor: Actor, name: str) -> PersonRow:
        """Return as `named`, or whose reference of "I can't use this way" it is.

        Raises:
            NotFound: there is no one.
        """
        return named(work, help_reference.whose(work, name) or name)

    @acts(Action.PEOPLE_READ)
    def enrolled(self, work: Work, _actor: Actor, sub: str) -> list[CredentialRow]:
        """Return what a person has set up; its secrets stay sealed."""
        return credentials.of(work, sub)

    @acts(Action.PEOPLE_READ)
    def why(self, work: Work, _actor: Actor, sub: str) -> Explanation:
        """Say why a person cannot sign in, or what would be asked.

        Raises:
            NotFound: there is no one.
        """
        return self._helpdesk.explain(work, of_sub(work, sub))
