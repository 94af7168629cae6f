"""What a scope lets an application know of a person (OIDC Core 5.4), and nothing empty."""

from typing import Any

from idp.store.people import PersonRow

PROFILE = (
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
)
BY_SCOPE: dict[str, tuple[str, ...]] = {
    "profile": PROFILE,
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
}
SUPPORTED = (
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
    "at_hash",
    *(name for names in BY_SCOPE.values() for name in names),
)


def of_person(person: PersonRow) -> dict[str, Any]:
    """Return every standard claim that the profile holds."""
    found: dict[str, Any] = {
        name: value for name, value in person.claims.items() if name in PROFILE
    }
    found |= {
        "name": person.name,
        "preferred_username": person.username,
        "updated_at": person.updated_at,
        "email": person.email,
        "email_verified": person.email_verified,
    }
    if person.phone:
        found |= {"phone_number": person.phone, "phone_number_verified": person.phone_verified}
    return {name: value for name, value in found.items() if value not in (None, "", {}, [])}


def userinfo(person: PersonRow, scope: str) -> dict[str, Any]:
    """Return the userinfo answer: `sub`, and what the granted scopes cover."""
    names = {name for one in scope.split() for name in BY_SCOPE.get(one, ())}
    found = of_person(person)
    return {"sub": person.id, **{name: found[name] for name in sorted(names & found.keys())}}
