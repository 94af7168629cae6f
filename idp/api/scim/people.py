"""A person as SCIM says it: `Entry` to resource, and resource to `Wanted`."""

from datetime import UTC, datetime
from typing import Any

from scim2_models import Meta, Resource

from idp.api.scim.shapes import USER
from idp.operating.directory.entries import ACTIVE, NAME, PRIMARY, SECONDARY, TYPE, Entry, Wanted

_CLAIMS = {
    "nick_name": "nickname",
    "preferred_language": "locale",
    "timezone": "zoneinfo",
}
_NAMES = {"given_name": "given_name", "middle_name": "middle_name", "family_name": "family_name"}


def told(model: type[Resource[Any]], entry: Entry) -> Resource[Any]:
    """Return a person as a directory is told of them."""
    person, claims = entry.person, entry.person.claims
    said: dict[str, Any] = {
        "id": person.id,
        "externalId": entry.external_id,
        "userName": entry.username,
        "displayName": None if NAME in entry.unsaid else person.name,
        "name": {key: claims[claim] for key, claim in _NAMES.items() if claim in claims} or None,
        "userType": None if TYPE in entry.unsaid else entry.type,
        "active": None if ACTIVE in entry.unsaid else person.disabled_at is None,
        "emails": [{"value": person.email, "type": "work", "primary": _primary(entry)}],
        "groups": [
            {"value": group, "$ref": f"Groups/{group}", "display": name, "type": "direct"}
            for group, name in entry.groups
        ]
        or None,
        "meta": meta(USER, person.created_at, person.updated_at, entry.version),
    }
    said |= {key: claims.get(claim) for key, claim in _CLAIMS.items()}
    if "roles" in model.model_fields and entry.roles:
        said["roles"] = [{"value": role} for role in entry.roles]
    if "phone_numbers" in model.model_fields and person.phone:
        said["phoneNumbers"] = [{"value": person.phone, "type": "mobile"}]
    return model.model_validate(said)


def wanted(resource: Any) -> Wanted:
    """Return a person as a directory wants them."""
    claims = {claim: getattr(resource, key) for key, claim in _CLAIMS.items()}
    if claims["locale"]:
        claims["locale"] = claims["locale"].replace("_", "-")
    claims |= {claim: getattr(resource.name, key, None) for key, claim in _NAMES.items()}
    address = _address(resource.emails or [])
    return Wanted(
        resource.user_name,
        None if address is None else str(address.value),
        None if address is None else address.primary,
        resource.display_name,
        _number(getattr(resource, "phone_numbers", None) or []),
        resource.user_type,
        tuple(one.value for one in getattr(resource, "roles", None) or [] if one.value),
        claims,
        resource.active,
        resource.external_id,
    )


def meta(kind: str, created: int, changed: int, version: str | None) -> Meta:
    """Return what is said of every resource; the version is weak, as RFC 7644 3.14 prefers it."""
    return Meta(
        resource_type=kind,
        created=datetime.fromtimestamp(created, UTC),
        last_modified=datetime.fromtimestamp(changed, UTC),
        version=None if version is None else f'W/"{version}"',
    )


def _primary(entry: Entry) -> bool | None:
    return None if PRIMARY in entry.unsaid else SECONDARY not in entry.unsaid


def _address(emails: list[Any]) -> Any | None:
    """Return the address that is kept: the primary one, else that for work, else the first."""
    known = [one for one in emails if one.value]
    known.sort(key=lambda one: (not one.primary, one.type != "work"))
    return known[0] if known else None


def _number(numbers: list[Any]) -> str | None:
    """Return the number that is kept: one that text messages go to."""
    return next((one.value for one in numbers if one.value and one.type == "mobile"), None)
