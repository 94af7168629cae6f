"""`/people`: finding, changing and helping them; and the user types and groups that they have."""

from dataclasses import asdict, fields
from typing import Any

from idp import clock
from idp.api.v1 import taken, taken_beside, told, told_beside
from idp.api.v1.routes import Asked, Page, Reply, Route, page_of
from idp.operating.kinds import Kind, Kinds
from idp.operating.people.changing import Register
from idp.operating.people.explained import explained
from idp.operating.people.helping import Helping
from idp.operating.people.looking import Directory
from idp.operating.people.naming import described, version_of
from idp.operating.people.written import Newcomer, ProfileChange
from idp.operating.rollout.stages import Rollout
from idp.store.people import PersonRow

ONE = "/people/{sub}"


def _told(person: PersonRow) -> Reply:
    return Reply(described(person), version_of(person))


def _list(asked: Asked) -> Page:
    query = asked.query
    found = asked.can.directory.page(
        asked.work,
        asked.actor,
        query.search,
        query.cursor,
        query.limit,
        user_type=query.type,
        group=query.group,
    )
    return page_of(found, query.limit, described, "username")


def _add(asked: Asked) -> Reply:
    values = {one.name: getattr(asked.body, one.name) for one in fields(Newcomer)}
    person = asked.can.register.add(asked.work, asked.actor, Newcomer(**values))
    if asked.body.invite:
        asked.can.helping.invite(asked.work, asked.actor, person.id)
    said = {**described(person), "invited": asked.body.invite}
    return Reply(said, version_of(person), f"/people/{person.id}")


def _one(asked: Asked) -> Reply:
    return _told(asked.can.directory.one(asked.work, asked.actor, asked.value("sub")))


def _change(asked: Asked) -> Reply:
    values = {one.name: getattr(asked.body, one.name) for one in fields(ProfileChange)}
    person, _notes = asked.can.register.change(
        asked.work, asked.actor, asked.value("sub"), ProfileChange(**values), seen=asked.seen
    )
    return _told(person)


def _delete(asked: Asked) -> Reply:
    done = asked.can.register.delete(asked.work, asked.actor, asked.value("sub"), seen=asked.seen)
    return Reply(asdict(done))


def _factors(asked: Asked) -> Reply:
    sub = asked.can.directory.one(asked.work, asked.actor, asked.value("sub")).id
    rows = asked.can.directory.enrolled(asked.work, asked.actor, sub)
    return Reply(
        {
            "items": [
                {
                    "method": row.method,
                    "since": clock.iso(row.created_at),
                    "last_used": clock.iso(row.last_used_at) if row.last_used_at else None,
                }
                for row in rows
            ]
        }
    )


def _kinds(asked: Asked) -> Reply:
    types, groups = asked.can.kinds.everything(asked.work, asked.actor)
    return Reply({"types": [_kind(one) for one in types], "groups": [_kind(one) for one in groups]})


def _kind(found: Kind) -> dict[str, Any]:
    stages = [stage.id for stage in found.stages]
    held = {"name": found.name, "people": found.people, "stages": stages}
    return held | {"version": found.version}


def _rename(asked: Asked) -> Reply:
    body = asked.body
    done = asked.can.kinds.rename(
        asked.work, asked.actor, body.kind, body.name, body.new_name, seen=asked.seen
    )
    return Reply(
        {
            "name": done.name,
            "people": done.people,
            "stages": list(done.stages),
            "notes": list(done.notes),
        }
    )


def _exceptions(asked: Asked) -> Reply:
    found = asked.can.rollout.exceptions(asked.work, asked.actor, asked.value("sub"))
    return Reply(
        {
            "items": [
                {
                    "stage": row.stage_id,
                    "until": clock.iso(row.until),
                    "reason": row.reason,
                    "author": row.author,
                }
                for row in found
            ]
        }
    )


def _why(asked: Asked) -> Reply:
    person = asked.can.directory.one(asked.work, asked.actor, asked.value("sub"))
    return Reply(explained(person, asked.can.directory.why(asked.work, asked.actor, person.id)))


def _address(asked: Asked) -> Reply:
    sub, body = asked.value("sub"), asked.body
    person = asked.can.register.set_address(
        asked.work, asked.actor, sub, body.email, verified=body.verified, seen=asked.seen
    )
    return _told(person or asked.can.directory.one(asked.work, asked.actor, sub))


def _number(asked: Asked) -> Reply:
    sub, body = asked.value("sub"), asked.body
    person = asked.can.register.set_number(
        asked.work, asked.actor, sub, body.phone, verified=body.verified, seen=asked.seen
    )
    return _told(person or asked.can.directory.one(asked.work, asked.actor, sub))


def _off(asked: Asked) -> Reply:
    return _told(
        asked.can.register.switch_off(asked.work, asked.actor, asked.value("sub"), seen=asked.seen)[
            0
        ]
    )


def _on(asked: Asked) -> Reply:
    return _told(
        asked.can.register.switch_on(asked.work, asked.actor, asked.value("sub"), seen=asked.seen)[
            0
        ]
    )


def _sign_out(asked: Asked) -> Reply:
    person, count = asked.can.helping.sign_out(asked.work, asked.actor, asked.value("sub"))
    return Reply({"sub": person.id, "sessions": count})


def _release(asked: Asked) -> Reply:
    person, released = asked.can.helping.release(
        asked.work, asked.actor, asked.value("sub"), asked.body.method
    )
    return Reply({"sub": person.id, "released": released})


def _invite(asked: Asked) -> Reply:
    person, mail = asked.can.helping.invite(
        asked.work, asked.actor, asked.value("sub"), asked.body.client
    )
    return Reply({"sub": person.id, "message": mail})


def _reset(asked: Asked) -> Reply:
    done = asked.can.helping.reset(asked.work, asked.actor, asked.value("sub"), asked.body.method)
    return Reply(
        {
            "sub": done.person.id,
            "method": done.method,
            "removed": done.removed,
            "sessions": done.sessions,
            "message": done.link,
            "notes": list(done.notes),
        }
    )


def _confirm(asked: Asked) -> Reply:
    person, mail = asked.can.helping.confirm_address(asked.work, asked.actor, asked.value("sub"))
    return Reply({"sub": person.id, "message": mail})


def _demand(asked: Asked) -> Reply:
    person = asked.can.helping.demand_password(asked.work, asked.actor, asked.value("sub"))
    return Reply({"sub": person.id, "message": None})


ROUTES = (
    Route(
        *("GET", "/people", Directory.page, _list, "List people by user name, or search them"),
        told.Person,
        query=taken.PeopleAsked,
        name="listPeople",
    ),
    Route(
        *("POST", "/people", Register.add, _add, "Add a person"),
        told.AddedPerson,
        taken.NewPerson,
        status=201,
        name="addPerson",
    ),
    Route(*("GET", ONE, Directory.one, _one, "See a person"), told.Person, name="getPerson"),
    Route(
        *("PATCH", ONE, Register.change, _change, "Change name, type, groups, roles and claims"),
        told.Person,
        taken.PersonChange,
        versioned=True,
        name="changePerson",
    ),
    Route(
        *("DELETE", ONE, Register.delete, _delete, "Delete a person for good"),
        told.Departed,
        versioned=True,
        name="deletePerson",
    ),
    Route(
        *("GET", f"{ONE}/factors", Directory.enrolled, _factors, "See what is set up"),
        told.Factors,
        name="getFactors",
    ),
    Route(
        *("GET", f"{ONE}/why", Directory.why, _why, "See why a person cannot sign in"),
        told.Why,
        name="explainPerson",
    ),
    Route(
        *("PUT", f"{ONE}/email", Register.set_address, _address, "Set the e-mail address"),
        told.Person,
        taken.Address,
        versioned=True,
        name="setEmail",
    ),
    Route(
        *("PUT", f"{ONE}/phone", Register.set_number, _number, "Set the mobile number, or none"),
        told.Person,
        taken.Number,
        versioned=True,
        name="setPhone",
    ),
    Route(
        *("POST", f"{ONE}/disable", Register.switch_off, _off, "Switch an account off"),
        told.Person,
        name="disablePerson",
    ),
    Route(
        *("POST", f"{ONE}/enable", Register.switch_on, _on, "Switch an account on"),
        told.Person,
        name="enablePerson",
    ),
    Route(
        *("POST", f"{ONE}/sign-out", Helping.sign_out, _sign_out, "End all sessions and tokens"),
        told.SignedOut,
        name="signOutPerson",
    ),
    Route(
        *("POST", f"{ONE}/release", Helping.release, _release, "Forget what is counted"),
        told.Released,
        taken.SomeMethod,
        name="releasePerson",
    ),
    Route(
        *("POST", f"{ONE}/invite", Helping.invite, _invite, "Mail a link to a first password"),
        told.Sent,
        taken.Invitation,
        name="invitePerson",
    ),
    Route(
        *("POST", f"{ONE}/reset-factor", Helping.reset, _reset, "Reset a way to sign in"),
        told.ResetDone,
        taken.Method,
        name="resetFactor",
    ),
    Route(
        *("POST", f"{ONE}/confirm-email", Helping.confirm_address, _confirm),
        "Mail a link to confirm the address with",
        told.Sent,
        name="confirmEmail",
    ),
    Route(
        *("GET", f"{ONE}/exceptions", Rollout.exceptions, _exceptions),
        "See from which stages a person is let off, and until when",
        told_beside.Exceptions,
        name="listExceptions",
    ),
    Route(
        *("GET", "/user-types-and-groups", Kinds.everything, _kinds),
        "Count the user types and groups, with the stages that reach each",
        told_beside.Kinds,
        name="listUserTypesAndGroups",
    ),
    Route(
        *("POST", "/user-types-and-groups/rename", Kinds.rename, _rename),
        "Give a user type or a group another name, for everyone who has it; stages move along",
        told_beside.Renamed,
        taken_beside.KindRename,
        versioned=True,
        name="renameUserTypeOrGroup",
    ),
    Route(
        *("POST", f"{ONE}/demand-password", Helping.demand_password, _demand),
        "Demand a new password at the next sign-in",
        told.Sent,
        name="demandPassword",
    ),
)
