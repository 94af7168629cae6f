"""By which name an application knows a person, and whom it may be told of at all (RFC 9493).

A person who never signed in to an application does not exist for it: a subject that it names and
that is not one of its own is taken like any other, and comes to nothing (SSF 1.0 section 9.1).
"""

from collections.abc import Mapping
from typing import Any

from idp.oidc.clients.client import Client
from idp.oidc.tokens.subjects import person_of, subject_of
from idp.store import people
from idp.store.db import Work
from idp.store.oidc import grants
from idp.store.people import PersonRow
from idp.store.signals import subjects
from idp.store.signals.streams import StreamRow

_TEXTS: Mapping[str, tuple[str, ...]] = {
    "account": ("uri",),
    "did": ("url",),
    "email": ("email",),
    "iss_sub": ("iss", "sub"),
    "opaque": ("id",),
    "phone_number": ("phone_number",),
    "uri": ("uri",),
    "jwt_id": ("iss", "jti"),
    "saml_assertion_id": ("issuer", "assertion_id"),
}
"""The members of each format, all of them texts (RFC 9493 section 3.2, SSF 1.0 section 3.5)."""
LONGEST = 1024
"""Characters of a member."""


class NoSubject(Exception):
    """What was sent is no subject: the line says why."""


def checked(found: Any) -> dict[str, Any]:
    """Return a subject as it may be looked for; of a complex one, its user (SSF section 3.3).

    Raises:
        NoSubject: it is none.
    """
    if not isinstance(found, dict) or not isinstance(found.get("format"), str):
        raise NoSubject("subject must be an object with a format")
    kind = found["format"]
    if kind == "complex":
        user = found.get("user")
        if not isinstance(user, dict) or user.get("format") == "complex":
            raise NoSubject("a complex subject must name a user")
        return checked(user)
    names = _TEXTS.get(kind)
    if names is None:
        raise NoSubject("this format of a subject is not known")
    texts = {name: found.get(name) for name in names}
    for name, text in texts.items():
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST or "\0" in text:
            raise NoSubject(f"{name} of the subject must be a text")
    return {"format": kind, **texts}


def whom(work: Work, issuer: str, client: Client, subject: Mapping[str, Any]) -> str | None:
    """Return the id of the person whom an application means; None where it knows no such person.

    By an address it knows those alone of whom it may see the address.
    """
    found: str | None = None
    match subject["format"]:
        case "iss_sub" if subject["iss"] == issuer:
            found = person_of(work, client, subject["sub"])
        case "opaque":
            found = person_of(work, client, subject["id"])
        case "email":
            row = people.by_name(work, subject["email"].strip().lower())
            if row is not None and row.email == subject["email"].strip().lower():
                found = row.id
    # Asked of nobody, too: the time that it takes tells no more than the answer.
    if not subjects.signed_in(work, client.client_id, found or "") or found is None:
        return None
    seen = "email" in sees(work, client, found)
    return None if subject["format"] == "email" and not seen else found


def sees(work: Work, client: Client, person_id: str) -> frozenset[str]:
    """Return the scopes by which an application may see something of a person now.

    They came with a sign-in, it may still ask for them, and the person did not take them back.
    """
    found = subjects.scopes(work, client.client_id, person_id)
    if client.scopes is not None:
        found &= frozenset(client.scopes)
    if client.first_party:
        return found
    return found & grants.granted(work, person_id, client.client_id, client.grantee)


def of(
    work: Work, issuer: str, stream: StreamRow, client: Client, person_id: str, sid: str = ""
) -> dict[str, Any] | None:
    """Return `sub_id` of a token about a person, or one session; None: the stream has none of it.

    In the form in which the application named the person, where it added them; else by the `sub`
    that it knows.
    """
    said = subjects.find(work, stream.id, person_id)
    kind = said.subject.get("format", "") if said is not None else ""
    if said is not None and said.state == subjects.REMOVED:
        return None
    if said is not None and said.state == subjects.LEFT:
        user = dict(said.subject)
        if client.sector is not None and user.get("sub") == person_id:
            # Kept before the application became pairwise: it would learn what others call them.
            return None
    else:
        person = people.by_id(work, person_id)
        if person is None:
            return None
        if not kind and not subjects.signed_in(work, client.client_id, person_id):
            return None
        user = _called(work, issuer, client, person, kind)
    if not sid:
        return user
    if not subjects.in_session(work, client.client_id, person_id, sid):
        return None
    return {"format": "complex", "user": user, "session": {"format": "opaque", "id": sid}}


def _called(
    work: Work, issuer: str, client: Client, person: PersonRow, kind: str
) -> dict[str, Any]:
    """Return a person's name of now in a form; by `sub` where an address may not be seen."""
    if kind == "email" and person.email and "email" in sees(work, client, person.id):
        return {"format": "email", "email": person.email}
    known = as_known(work, issuer, client, person.id)
    return {"format": "opaque", "id": known["sub"]} if kind == "opaque" else known


def as_known(work: Work, issuer: str, client: Client, person_id: str) -> dict[str, Any]:
    """Return what an application's ID tokens call a person."""
    return {"format": "iss_sub", "iss": issuer, "sub": subject_of(work, client, person_id)}
