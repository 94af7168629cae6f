"""Who may act on whom: nobody on someone who may do more, and nobody on their own rights.

A program that acts for itself acts on nobody who runs the installation: its scopes are all it has.

The command on the server is held to none of it: it says what it sees, and does what it is told.
"""

from collections.abc import Collection

from idp.errors import CommandError
from idp.language import _
from idp.operating.actor import Actor
from idp.policy.roles import Action, Role
from idp.store import people
from idp.store.db import Work
from idp.store.people import OWN_ROLES, PersonRow, headcounts

OWNER = Role.OWNER.value
_RUNNING = frozenset({OWNER, Role.ADMIN.value})


class Outranked(CommandError):
    """The actor may do less than the person who would be acted on, or than would be given."""

    action = Action.PEOPLE_CHANGE


def check(actor: Actor, person: PersonRow) -> None:
    """Let someone act on a person.

    Raises:
        Outranked: the person may do more.
    """
    if actor.unbound or actor.person == person.id:
        return
    if actor.alone and _RUNNING & person.roles:
        # Whoever may write to people could become one of them, with every right that they have.
        words = _("%(name)s runs this installation: no program changes them", name=person.username)
        raise Outranked(words, "outranked")
    if OWNER in person.roles and OWNER not in actor.roles:
        words = _("%(name)s is an owner: owners alone change owners", name=person.username)
        raise Outranked(words, "outranked")
    if _RUNNING & person.roles and not _RUNNING & actor.roles:
        words = _("%(name)s is an administrator: this is for one of them", name=person.username)
        raise Outranked(words, "outranked")


def check_ways(actor: Actor, person: PersonRow) -> None:
    """Let someone decide how a person signs in, or where they are reached.

    Raises:
        Outranked: the actor is a program, and could become somebody with a role of Acrux itself.
    """
    check(actor, person)
    if actor.alone and OWN_ROLES & person.roles:
        who = f"{person.username} has a role of Acrux itself"
        raise Outranked(f"{who}: no program says how they sign in, or where they are reached")


def check_given(actor: Actor, roles: Collection[str]) -> None:
    """Let someone give these roles to a new person.

    Raises:
        Outranked: one of them is not theirs to give.
    """
    if actor.alone and OWN_ROLES & set(roles):
        raise Outranked("no program gives a role of Acrux itself")
    if not actor.unbound and OWNER in roles and OWNER not in actor.roles:
        raise Outranked("the role owner is given by owners alone")


def check_roles(actor: Actor, person: PersonRow, wanted: frozenset[str]) -> None:
    """Let someone give a person the roles `wanted` in the place of those that there are.

    Raises:
        Outranked: they are the actor's own, or not the actor's to give or take.
        CommandError: nobody would be an owner.
    """
    moved = (wanted ^ person.roles) & OWN_ROLES
    if actor.unbound or not moved:
        return
    if actor.person == person.id:
        raise Outranked("nobody changes their own roles")
    if actor.alone:
        raise Outranked("no program gives or takes a role of Acrux itself")
    if OWNER in moved and OWNER not in actor.roles:
        raise Outranked("the role owner is given and taken by owners alone")


def keep_an_owner(work: Work, actor: Actor, person: PersonRow, kept: Collection[str] = ()) -> None:
    """Demand another owner when this person is to be one no more. Once the turn is taken.

    Raises:
        CommandError: there is no other.
    """
    if actor.unbound or OWNER not in person.roles or OWNER in kept:
        return
    if not headcounts.others_with(work, OWNER, person.id):
        raise CommandError(f"{person.username} is the only owner: make another one first")


def take_turn(work: Work, person: PersonRow) -> None:
    """Let nobody else unmake an owner meanwhile; before the person is locked."""
    if OWNER in person.roles:
        people.take_turn_to_add(work)
