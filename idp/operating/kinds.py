"""User types and groups: how many people have each, which stages reach them, and another name.

A renamed one goes on meaning what it meant: the stages and the guarded pages that name it move
along in the same transaction, so that nobody falls out of one. What the settings name is changed
there first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from idp import audit, crypto
from idp.audit import Event
from idp.errors import CommandError, GoneError
from idp.installation import Installation
from idp.language import _
from idp.oidc.clients.client import parse
from idp.operating.actor import Actor, acts
from idp.operating.applications import guarded_names
from idp.operating.directory.words import Vocabulary
from idp.operating.people.standing import Outranked
from idp.operating.refusals import Changed, Conflict, Forbidden, NotFound
from idp.people.newcomers import group_names, type_name
from idp.policy.roles import Action
from idp.policy.rollout import EVERYONE, Stage
from idp.rollout.errors import StageChanged
from idp.signin.facts import PRIVILEGED
from idp.store import people
from idp.store.db import Work
from idp.store.oidc import clients
from idp.store.people import groups, headcounts, renaming
from idp.store.people.renaming import Held
from idp.store.rollout import adoption, stages

What = Literal["type", "group"]
MOST = 20_000
"""People who are renamed while somebody waits for a page or an answer: about a second."""
_COMMANDS = {"type": "acrux user rename-type", "group": "acrux user rename-group"}
THINGS = {"type": "user type", "group": "group"}


@dataclass(frozen=True)
class Kind:
    """A user type or group: how many people have it, and the stages that name it or everyone."""

    name: str
    people: int
    stages: tuple[Stage, ...]

    @property
    def version(self) -> str:
        """Return what is another one when more people have it, or stages say another thing."""
        said = [self.name, self.people, *((one.id, one.version) for one in self.stages)]
        return crypto.digest(repr(said))[:22]


@dataclass(frozen=True)
class Renamed:
    """What a new name was given to."""

    name: str
    people: int
    stages: tuple[str, ...]
    """The ids of the stages that named it."""
    notes: tuple[str, ...]
    """What is another thing from now on, and may be a mistake."""


class Kinds:
    """The user types and groups of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._stages = installation.stages
        self._settings = installation.settings

    @acts(Action.PEOPLE_READ)
    def everything(self, work: Work, _actor: Actor) -> tuple[list[Kind], list[Kind]]:
        """Return the user types and the groups that people have, by name."""
        planned = stages.everything(work)
        types, there = headcounts.types(work), headcounts.groups(work)
        return (
            [_kind(name, count, "type", planned) for name, count in types.items()],
            [_kind(name, count, "group", planned) for name, count in there.items()],
        )

    @acts(Action.PEOPLE_READ)
    def one(self, work: Work, _actor: Actor, what: What, name: str) -> Kind:
        """Return a user type or a group.

        Raises:
            NotFound: nobody has it.
        """
        return _found(work, what, name)

    @acts(Action.PEOPLE_CHANGE)
    def rename(
        self, work: Work, actor: Actor, what: What, name: str, new: str, *, seen: str | None = None
    ) -> Renamed:
        """Give a user type or a group another name, for everyone who has it.

        Raises:
            NotFound, Changed: nobody has it, or somebody else was faster.
            CommandError, Conflict: it cannot be called so, or another one is; too many people.
            Forbidden: stages or guarded pages name it, and are not the actor's to change.
            Outranked: a program, and one of these people runs the installation.
        """
        wanted = _called(what, new)
        people.take_turn_to_add(work)
        kind = _found(work, what, name)
        self._check(work, actor, what, kind, wanted)
        if seen is not None and seen != kind.version:
            raise Changed(_("People or stages were changed meanwhile: look again."), "changed")
        row = groups.by_name(work, name) if what == "group" else None
        if row is not None:
            groups.lock(work, row.id)
        moved = self._move_stages(work, actor, f"{what}:{name}", f"{what}:{wanted}")
        held = renaming.hold(work, what, name)
        _check_held(actor, held)
        renaming.write(work, held, lambda one: _as(one, what, name, wanted))
        guards = guarded_names.move(work, what, name, wanted)
        if guards and not actor.may(Action.CLIENTS_CHANGE):
            # Since `_move_stages` looked, with nobody held.
            raise Forbidden(Action.CLIENTS_CHANGE)
        if what == "type":
            adoption.rename(work, name, wanted)
        elif row is None or not groups.rename(work, row.id, wanted):
            raise _taken(wanted)
        notes = [f"{one}: its guarded pages name it so from now on" for one in guards]
        notes += _notes(work, what, name, wanted)
        done = Renamed(wanted, len(held), moved, tuple(notes))
        _record(work, what, name, done)
        return done

    def _check(self, work: Work, actor: Actor, what: What, kind: Kind, wanted: str) -> None:
        if wanted == kind.name:
            raise CommandError(_("It has that name already."), "same-name")
        there = headcounts.types(work) if what == "type" else headcounts.groups(work)
        if wanted in there or (what == "group" and groups.by_name(work, wanted)):
            raise _taken(wanted)
        named = self._named_in_settings(what)
        if setting := named.get(kind.name):
            words = _("The setting %(setting)s names it: change it there first.", setting=setting)
            raise Conflict(words, "in-settings")
        if kind.people > MOST and not actor.unbound:
            words = _(
                "%(count)s people have it: the command %(command)s does that, on the server.",
                count=kind.people,
                command=_COMMANDS[what],
            )
            raise Conflict(words, "too-many")

    def _named_in_settings(self, what: What) -> dict[str, str]:
        """Return the names that settings give, each with the setting."""
        words, directory = Vocabulary(self._settings.scim), self._settings.directory
        if what == "type":
            return dict.fromkeys(words.types.ours_named, "scim.user_types")
        named = dict.fromkeys(directory.named.values(), "directory.group_names")
        return named | dict.fromkeys(words.groups.ours_named, "scim.groups")

    def _move_stages(self, work: Work, actor: Actor, old: str, new: str) -> tuple[str, ...]:
        if not actor.may(Action.ROLLOUT_CHANGE) and self._stages.naming(work, old):
            raise Forbidden(Action.ROLLOUT_CHANGE)
        kind, _, name = old.partition(":")
        if not actor.may(Action.CLIENTS_CHANGE) and guarded_names.naming(work, kind, name):
            raise Forbidden(Action.CLIENTS_CHANGE)
        try:
            return self._stages.rename(work, old, new)
        except (StageChanged, GoneError) as error:
            raise Changed(str(error)) from None


def _taken(name: str) -> Conflict:
    return Conflict(_("There is %(name)s already.", name=repr(name)), "taken")


def _found(work: Work, what: What, name: str) -> Kind:
    there = headcounts.types(work) if what == "type" else headcounts.groups(work)
    if name not in there:
        raise NotFound(f"nobody has the {THINGS[what]} {name!r}")
    return _kind(name, there[name], what, stages.everything(work))


def _kind(name: str, count: int, what: str, planned: Iterable[Stage]) -> Kind:
    word = f"{what}:{name}"
    reaching = (
        stage
        for stage in planned
        if {word, EVERYONE} & set(stage.audience) and word not in stage.excluded
    )
    return Kind(name, count, tuple(reaching))


def _called(what: What, text: str) -> str:
    if what == "type":
        return type_name(text)
    names = group_names([text])
    if not names:
        raise CommandError("a group has a name")
    return names[0]


def _check_held(actor: Actor, held: Iterable[Held]) -> None:
    if actor.alone and any(PRIVILEGED & one.roles for one in held):
        raise Outranked("one of these people runs this installation: no program changes them")


def _as(one: Held, what: What, old: str, new: str) -> tuple[str, tuple[str, ...]]:
    if what == "type":
        return new, one.groups
    return one.user_type, tuple(sorted({*one.groups, new} - {old}))


def _notes(work: Work, what: What, old: str, new: str) -> Iterable[str]:
    """Say which applications are told of it no more, or only from now on."""
    if what == "type":
        return
    for row in clients.everything(work):
        client = parse(row)
        prefix = client.groups_prefix
        if prefix is not None and old.startswith(prefix) != new.startswith(prefix):
            when = "no more" if old.startswith(prefix) else "from now on"
            yield f"{client.client_id} is told of it {when}: its groups_prefix is {prefix!r}"


def _record(work: Work, what: What, old: str, done: Renamed) -> None:
    audit.record(
        work,
        Event.KIND_RENAMED,
        reason=f"{THINGS[what]} {old}: now {done.name}, {done.people} people"[:200],
        kind=what,
        people=done.people,
        stages=list(done.stages),
        before={"name": old},
        after={"name": done.name},
    )
