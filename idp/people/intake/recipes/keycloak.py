"""A realm of Keycloak: `kc.sh export --users same_file`, or a file of `different_files`."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from idp.errors import CommandError
from idp.people.intake import json_files
from idp.people.intake.held import File

OWN_ROLES = ("offline_access", "uma_authorization")
_PHONES = ("phoneNumber", "phone_number", "phone", "mobile")


def people(path: File) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the people of a realm; service accounts of clients are left out.

    Raises:
        CommandError: it is no export of a realm.
    """
    try:
        found = json_files.parsed(path, path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not UTF-8") from None
    users = found.get("users") if isinstance(found, dict) else None
    if not isinstance(users, list):
        raise CommandError(f"{path} is no export of a realm with its users")
    for number, user in enumerate(users, 1):
        if isinstance(user, dict) and "serviceAccountClientId" not in user:
            yield number, _values(user)


def _values(user: Mapping[str, Any]) -> dict[str, str]:
    groups = [name.strip("/").replace("/", " ") for name in _texts(user.get("groups"))]
    roles = [
        name
        for name in _texts(user.get("realmRoles"))
        if name not in OWN_ROLES and not name.startswith("default-roles-")
    ]
    found = {
        "username": json_files.text(user.get("username")),
        "email": json_files.text(user.get("email")),
        "given_name": json_files.text(user.get("firstName")),
        "family_name": json_files.text(user.get("lastName")),
        "verified": "true" if user.get("emailVerified") is True else "false",
        "enabled": "false" if user.get("enabled") is False else "",
        "groups": ";".join(groups),
        "roles": ";".join(roles),
    }
    attributes = user.get("attributes")
    if isinstance(attributes, dict):
        found |= _phone(attributes)
    for credential in _objects(user.get("credentials")):
        found |= _credential(credential)
    return found


def _phone(attributes: Mapping[str, Any]) -> dict[str, str]:
    texts = (_texts(attributes.get(name)) for name in _PHONES)
    number = next((found[0] for found in texts if found), "")
    proved = _texts(attributes.get("phoneNumberVerified"))[:1] == ["true"]
    return {"some_phone": number, "phone_verified": "true" if proved else "false"}


def _credential(credential: Mapping[str, Any]) -> dict[str, str]:
    kind = credential.get("type")
    if kind == "password":
        return {"password_hash": json.dumps(credential)}
    if kind != "otp":
        return {}
    try:
        how = json.loads(credential["credentialData"])
        value = json.loads(credential["secretData"])["value"]
        usual = (how["subType"], how["digits"], how["period"], how["algorithm"])
    except (ValueError, KeyError, TypeError):
        return {}
    if usual != ("totp", 6, 30, "HmacSHA1") or not isinstance(value, str):
        return {}
    if how.get("secretEncoding") == "BASE32":
        return {"totp_secret": value}
    # Without it, the letters themselves are the key.
    return {"totp_secret": base64.b32encode(value.encode()).decode()}


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
