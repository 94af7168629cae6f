"""What is done again after a restore, because the trail says that it was done after the backup.

Each takes something away, as the present functions for it do, with their events; none gives
anything back. True where there was something to take.
"""

from dataclasses import dataclass
from functools import cached_property

from idp import audit, crypto
from idp.audit import Event
from idp.authenticators.password import Password
from idp.backup.trail import Happened
from idp.installation import Installation
from idp.people import sorting
from idp.people.factors import removal
from idp.policy.rollout import Strength
from idp.store import next_sign_in, people
from idp.store.db import Work
from idp.store.oidc import grants
from idp.store.people import PersonRow, contacts
from idp.store.people.profiles import Profile
from idp.store.rollout import exceptions, stages

BY = "done again after a restore"


@dataclass
class Place:
    """Where it is done: an installation that was just restored, in one transaction."""

    installation: Installation
    work: Work

    @cached_property
    def nobodys_password(self) -> str:
        """The hash of a password that was drawn and forgotten."""
        return self.password.hashed(crypto.random_token())

    @property
    def password(self) -> Password:
        found = self.installation.signin.authenticators["password"]
        assert isinstance(found, Password)
        return found

    def locked(self, happened: Happened) -> PersonRow | None:
        """Return the person of an event, locked; None for one whom the backup does not know."""
        person_id = happened.person or ""
        if people.by_id(self.work, person_id) is None:
            return None
        people.lock_person(self.work, person_id)
        return people.by_id(self.work, person_id)


def delete_person(place: Place, happened: Happened) -> bool:
    if people.by_id(place.work, happened.person or "") is None:
        return False
    place.installation.leaving.delete(place.work, str(happened.person), BY)
    return True


def disable(place: Place, happened: Happened) -> bool:
    person = place.locked(happened)
    if person is None or not people.set_disabled(place.work, person.id, True):
        return False
    audit.record(place.work, Event.PERSON_DISABLED, person=person.id, reason=BY)
    return True


def void_password(place: Place, happened: Happened) -> bool:
    """The password of then opens nothing: in its place is one that no one knows."""
    person = place.locked(happened)
    if person is None or not _has_own_password(place, person):
        return False
    place.password.store(place.work, person.id, place.nobodys_password)
    return _demanded(place, person)


def _has_own_password(place: Place, person: PersonRow) -> bool:
    """Tell whether there is a password that is not a directory's."""
    return "password" in person.methods and not place.password.elsewhere(place.work, person.id)


def demand_password(place: Place, happened: Happened) -> bool:
    person = place.locked(happened)
    if person is None or not _has_own_password(place, person):
        return False
    return _demanded(place, person)


def _demanded(place: Place, person: PersonRow) -> bool:
    next_sign_in.demand_password(place.work, person.id, True)
    audit.record(place.work, Event.PASSWORD_DEMANDED, person=person.id, reason=BY)
    return True


def method_of(happened: Happened) -> str:
    """Return the method that an event of a factor is about."""
    return happened.reason.partition(",")[0].partition(" ")[0]


def remove_factor(place: Place, happened: Happened) -> bool:
    """One credential, where the event names it, or all of the method."""
    method, person = method_of(happened), place.locked(happened)
    if person is None or method not in person.methods:
        return False
    one = happened.data.get("credential")
    if one is None:
        return _remove_all(place, person, method)
    signin = place.installation.signin
    if removal.remove(place.work, signin, person.id, str(one), BY) is None:
        return False
    place.installation.tickets.demand(place.work, person, method)
    return True


def remove_replaced(place: Place, happened: Happened) -> bool:
    """Of a method that a person has once, what was there before was replaced by what was added."""
    method, person = method_of(happened), place.locked(happened)
    if person is None or method not in person.methods or _several(place, method):
        return False
    return _remove_all(place, person, method)


def _several(place: Place, method: str) -> bool:
    way = place.installation.signin.authenticators.get(method)
    return way is None or way.several


def _remove_all(place: Place, person: PersonRow, method: str) -> bool:
    removal.remove_all(place.work, place.installation.signin, person.id, method, BY)
    place.installation.tickets.demand(place.work, person, method)
    return True


def drop_codes(place: Place, happened: Happened) -> bool:
    person = place.locked(happened)
    if person is None or "recovery" not in person.methods:
        return False
    removal.remove_all(place.work, place.installation.signin, person.id, "recovery", BY)
    return True


def doubt_address(place: Place, happened: Happened) -> bool:
    """No link to a new password goes to a mailbox that was left."""
    person = place.locked(happened)
    if person is None or not person.email_verified:
        return False
    return contacts.set_email(place.work, person, person.email, False)


def doubt_number(place: Place, happened: Happened) -> bool:
    """No code goes to a number that was left."""
    person = place.locked(happened)
    if person is None or person.phone is None:
        return False
    changed = contacts.set_phone(place.work, person, person.phone, False)
    for method, way in place.installation.signin.authenticators.items():
        if way.on_number and method in person.methods:
            changed = _remove_all(place, person, method)
    return changed


def withdraw_consent(place: Place, happened: Happened) -> bool:
    person = place.locked(happened)
    if person is None or happened.client is None:
        return False
    asked, _ended = grants.withdraw(place.work, person.id, happened.client)
    if asked:
        audit.record(
            place.work,
            Event.CONSENT_WITHDRAWN,
            person=person.id,
            client=happened.client,
            reason=BY,
        )
    return asked


def taken(happened: Happened, what: str) -> set[str]:
    """Return the roles, or groups, that a person had before an event and not after it."""
    before, after = happened.data.get("before") or {}, happened.data.get("after") or {}
    return set(before.get(what) or ()) - set(after.get(what) or ())


def take_roles(place: Place, happened: Happened) -> bool:
    """What a stage demanded by a group that is taken is demanded at the next sign-in all the same.

    Else who writes to a trail could take a demand away.
    """
    person = place.locked(happened)
    if person is None:
        return False
    lost_roles, lost_groups = taken(happened, sorting.ROLES), taken(happened, sorting.GROUPS)
    groups = tuple(group for group in person.groups if group not in lost_groups)
    wanted = Profile(person.name, {}, groups, person.roles - lost_roles)
    changed = bool(sorting.change(place.work, person, wanted, BY))
    if changed and _rests_on(place, lost_groups.intersection(person.groups)):
        next_sign_in.demand_enrolment(place.work, person.id)
    return changed


def _rests_on(place: Place, groups: set[str]) -> bool:
    """Return True if a stage demands anything of people by one of these groups."""
    named = {f"group:{group}" for group in groups}
    return any(
        stage.strength is Strength.REQUIRED and named.intersection(stage.audience)
        for stage in stages.everything(place.work)
    )


def end_exception(place: Place, happened: Happened) -> bool:
    person, stage = place.locked(happened), str(happened.data.get("stage"))
    if person is None or not exceptions.end(place.work, stage, person.id):
        return False
    audit.record(place.work, Event.STAGE_EXCEPTION_ENDED, person=person.id, reason=BY, stage=stage)
    return True
