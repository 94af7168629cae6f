"""Groups as a directory keeps them: who is in one, each person's profile says, and the trail."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace

from idp import audit
from idp.audit import Event
from idp.errors import CommandError
from idp.installation import Installation
from idp.operating.actor import Actor, acts
from idp.operating.applications import guarded_names
from idp.operating.directory.entries import GroupEntry, WantedGroup, check_called, known
from idp.operating.directory.words import Vocabulary
from idp.operating.people.changing import Register
from idp.operating.people.naming import locked
from idp.operating.people.written import ProfileChange
from idp.operating.refusals import Changed, Conflict, NotFound
from idp.people.newcomers import group_names
from idp.policy.roles import Action
from idp.store.db import Work
from idp.store.people import directories, groups
from idp.store.people.directories import Condition
from idp.store.people.groups import GroupRow


class DirectoryGroups:
    """The groups of one installation, for directories."""

    def __init__(self, installation: Installation) -> None:
        self._register = Register(installation)
        self._stages = installation.stages
        self._words = Vocabulary(installation.settings.scim).groups

    # -- looking

    @acts(Action.PEOPLE_READ)
    def find(
        self,
        work: Work,
        _actor: Actor,
        client_id: str,
        wanted: Collection[Condition],
        limit: int,
        offset: int,
        *,
        members: bool,
    ) -> tuple[int, list[GroupEntry]]:
        """Return how many groups there are of which all this holds, and some, with `members`."""
        asked = [
            replace(one, value=self._words.ours(str(one.value))) if one.member == "name" else one
            for one in wanted
        ]
        total, rows = directories.some_groups(work, client_id, asked, limit, offset)
        called = directories.groups_called(work, client_id, [row.id for row in rows])
        return total, [self._entry(work, row, called.get(row.id), members) for row in rows]

    @acts(Action.PEOPLE_READ)
    def one(
        self, work: Work, _actor: Actor, client_id: str, group_id: str, *, members: bool = True
    ) -> GroupEntry:
        """Return the group of this id.

        Raises:
            NotFound: there is none.
        """
        return self._told(work, client_id, groups.by_id(work, group_id), members)

    @acts(Action.PEOPLE_CHANGE)
    def one_to_change(self, work: Work, _actor: Actor, client_id: str, group_id: str) -> GroupEntry:
        """Return a group that no other directory changes until the commit.

        Raises:
            NotFound: there is none.
        """
        return self._told(work, client_id, groups.lock(work, group_id), members=True)

    # -- changing

    @acts(Action.PEOPLE_CHANGE)
    def add(self, work: Work, actor: Actor, client_id: str, wanted: WantedGroup) -> GroupEntry:
        """Add a group with its people.

        Raises:
            CommandError: it cannot be called so, or somebody is not there.
            Conflict: there is one of this name.
            Outranked: somebody is nobody whom a program changes.
        """
        check_called(wanted.external_id)
        name = self._name(wanted.name)
        _hold(work, wanted.members)
        group_id = groups.add(work, name)
        if group_id is None:
            raise Conflict(f"there is a group {name!r} already")
        audit.record(work, Event.GROUP_ADDED, group=group_id, name=name)
        directories.call_group(work, client_id, group_id, wanted.external_id)
        self._move(work, actor, dict.fromkeys(wanted.members, ("", name)))
        return self.one(work, actor, client_id, group_id)

    @acts(Action.PEOPLE_CHANGE)
    def put(
        self,
        work: Work,
        actor: Actor,
        client_id: str,
        group_id: str,
        wanted: WantedGroup,
        *,
        seen: str | None = None,
    ) -> GroupEntry:
        """Let a group be called, and have the people, as the directory wants.

        Raises:
            NotFound, Changed: there is none, or somebody else was faster.
            CommandError, Conflict: it cannot be called so, or another one is.
            Outranked: somebody is nobody whom a program changes.
        """
        before = self.one_to_change(work, actor, client_id, group_id)
        _check_seen(before, seen)
        check_called(wanted.external_id)
        was = frozenset(before.members or ())
        old, name = before.group.name, self._name(wanted.name)
        moves = dict.fromkeys(was - wanted.members, (old, ""))
        moves |= dict.fromkeys(wanted.members - was, ("", name))
        if name != old:
            moves |= dict.fromkeys(was & wanted.members, (old, name))
            self._rename(work, before.group, name, moves)
        self._move(work, actor, moves)
        if was != wanted.members:
            groups.touch(work, group_id)
        if wanted.external_id != before.external_id:
            directories.call_group(work, client_id, group_id, wanted.external_id)
        return self.one(work, actor, client_id, group_id)

    @acts(Action.PEOPLE_CHANGE)
    def join(
        self,
        work: Work,
        actor: Actor,
        group_id: str,
        come: Collection[str],
        go: Collection[str],
    ) -> None:
        """Let people come into a group and go, without a look at all the others.

        Raises:
            NotFound: there is no such group.
            CommandError: somebody is not there.
            Outranked: somebody is nobody whom a program changes.
        """
        group = groups.lock(work, group_id)
        if group is None:
            raise NotFound("there is no such group")
        moves = dict.fromkeys(go, (group.name, ""))
        self._move(work, actor, moves | dict.fromkeys(come, ("", group.name)))
        groups.touch(work, group_id)

    @acts(Action.PEOPLE_CHANGE)
    def remove(
        self, work: Work, actor: Actor, client_id: str, group_id: str, *, seen: str | None = None
    ) -> None:
        """Delete a group: nobody is in it any more.

        Raises:
            NotFound, Changed: there is none, or somebody else was faster.
            Outranked: somebody is nobody whom a program changes.
        """
        before = self.one_to_change(work, actor, client_id, group_id)
        _check_seen(before, seen)
        self._move(work, actor, dict.fromkeys(before.members or (), (before.group.name, "")))
        groups.delete(work, group_id)
        audit.record(work, Event.GROUP_DELETED, group=group_id, name=before.group.name)

    # -- parts

    def _rename(
        self, work: Work, group: GroupRow, name: str, moves: dict[str, tuple[str, str]]
    ) -> None:
        """Give a group its name once its people are held; whoever came meanwhile moves along.

        Raises:
            Conflict: another one is called so.
        """
        # Whom a stage reaches by a group, it goes on reaching.
        self._stages.rename(work, f"group:{group.name}", f"group:{name}")
        _hold(work, moves)
        guarded_names.move(work, "group", group.name, name)
        if not groups.rename(work, group.id, name):
            raise Conflict(f"there is a group {name!r} already")
        audit.record(
            work,
            Event.GROUP_CHANGED,
            group=group.id,
            before={"name": group.name},
            after={"name": name},
        )
        came = groups.members(work, group.name)
        moves |= dict.fromkeys(set(came) - moves.keys(), (group.name, name))

    def _move(self, work: Work, actor: Actor, moves: Mapping[str, tuple[str, str]]) -> None:
        """Take each of these people, by `sub`, out of one group and into another; "" is none.

        All in the order of their ids, or two such moves wait for each other. Whoever is to come in
        must be there.
        """
        for sub, (old, new) in sorted(moves.items()):
            try:
                held = set(locked(work, known(sub)).groups)
            except NotFound as error:
                if new:
                    raise CommandError(f"a member is not there: {error}") from None
                continue
            wanted = tuple(sorted((held - {old}) | {new} - {""}))
            self._register.change_unread(work, actor, sub, ProfileChange(groups=wanted))

    def _name(self, text: str) -> str:
        names = group_names([self._words.ours(text)])
        if not names:
            raise CommandError("a group has a name")
        return names[0]

    def _told(self, work: Work, client_id: str, row: GroupRow | None, members: bool) -> GroupEntry:
        if row is None:
            raise NotFound("there is no such group")
        called = directories.groups_called(work, client_id, [row.id]).get(row.id)
        return self._entry(work, row, called, members)

    def _entry(self, work: Work, row: GroupRow, called: str | None, members: bool) -> GroupEntry:
        people = tuple(groups.members(work, row.name)) if members else None
        return GroupEntry(row, self._words.their(row.name), called, people)


def _hold(work: Work, subs: Collection[str]) -> None:
    """Lock people in the order of their ids, before a name that they are to have is claimed.

    Whoever changes a person claims names of groups then, too.
    """
    for sub in sorted(subs):
        with suppress(NotFound):
            locked(work, known(sub))


def _check_seen(entry: GroupEntry, seen: str | None) -> None:
    if seen is not None and seen != entry.version:
        raise Changed("the group has just been changed by somebody else: look again")
