"""The people of an export of another product sign in as they did there."""

import json
from pathlib import Path
from typing import Any

import pytest

from idp.store import people
from tests.protocol.command import Acrux
from tests.protocol.people.test_moving_in import KEY, SECRET, bring, lines, signing_in
from tests.support.foreign_hashes import (
    KEYCLOAK_ARGON2,
    KEYCLOAK_SHA256,
    KEYCLOAK_TOTP,
    STRONG,
    WEAK,
)
from tests.support.site import Site

REALM = {
    "realm": "example",
    "users": [
        {
            "username": "aroha",
            "email": "aroha@example.org",
            "emailVerified": True,
            "firstName": "Aroha",
            "lastName": "Ngata",
            "enabled": True,
            "attributes": {"phoneNumber": ["+64211234567"], "phoneNumberVerified": ["true"]},
            "credentials": [json.loads(KEYCLOAK_ARGON2), json.loads(KEYCLOAK_TOTP)],
            "groups": ["/staff/night"],
            "realmRoles": ["default-roles-example", "offline_access", "nurse"],
        },
        {
            "username": "tane",
            "email": "tane@example.org",
            "enabled": True,
            "credentials": [json.loads(KEYCLOAK_SHA256)],
        },
        {"username": "gone", "email": "gone@example.org", "enabled": False},
        {"username": "service-account-jobs", "serviceAccountClientId": "jobs"},
    ],
}
AUTH0 = [
    {
        "_id": {"$oid": "60425dc43519d90068f82973"},
        "email": "aroha@example.org",
        "email_verified": True,
        "name": "Aroha Ngata",
        "app_metadata": {"groups": ["staff night"], "roles": ["nurse"]},
        "phone_number": "+64211234567",
        "phone_verified": True,
        "passwordHash": STRONG["node bcrypt"],
        "password_set_date": {"$date": "2026-03-05T16:34:44.000Z"},
        "tenant": "example",
        "connection": "Username-Password-Authentication",
    },
    {
        "email": "tane@example.org",
        "email_verified": False,
        "passwordHash": STRONG["node bcryptjs"],
    },
    {"email": "gone@example.org", "blocked": True, "passwordHash": STRONG["node bcrypt"]},
]


def of_django(key: int, name: str, password: str, **more: Any) -> dict[str, Any]:
    fields = {"username": name, "email": f"{name}@example.org", "password": password}
    usual = {"is_active": True, "first_name": "", "last_name": "", "groups": []}
    return {"model": "auth.user", "pk": key, "fields": {**usual, **fields, **more}}


DJANGO = [
    of_django(
        1,
        "aroha",
        STRONG["django pbkdf2 sha256"],
        first_name="Aroha",
        last_name="Ngata",
        groups=[7],
    ),
    of_django(2, "tane", WEAK["django md5"]),
    of_django(3, "gone", "!unusable", is_active=False),
    {"model": "auth.group", "pk": 7, "fields": {"name": "staff night"}},
    {
        "model": "account.emailaddress",
        "pk": 1,
        "fields": {"user": 1, "email": "aroha@example.org", "verified": True, "primary": True},
    },
    {
        "model": "otp_totp.totpdevice",
        "pk": 1,
        "fields": {
            "user": 1,
            "confirmed": True,
            "key": KEY.hex(),
            "step": 30,
            "t0": 0,
            "digits": 6,
        },
    },
]
LARAVEL = [
    {
        "id": 1,
        "name": "Aroha Ngata",
        "email": "aroha@example.org",
        "email_verified_at": "2026-03-05T16:34:44.000000Z",
        "password": STRONG["php bcrypt"],
        "remember_token": None,
    },
    {"id": 2, "name": "Tāne", "email": "tane@example.org", "password": STRONG["php argon2id"]},
    {"id": 3, "name": "Gone", "email": "gone@example.org", "deleted_at": "2026-03-05 16:34:44"},
]
ASPNET = [
    {
        "Id": "f1",
        "UserName": "aroha@example.org",
        "NormalizedUserName": "AROHA@EXAMPLE.ORG",
        "Email": "aroha@example.org",
        "EmailConfirmed": True,
        "PasswordHash": WEAK["asp.net identity v3"],
        "PhoneNumber": "+64211234567",
        "PhoneNumberConfirmed": True,
        "TwoFactorEnabled": True,
        "AuthenticatorKey": SECRET,
    },
    {
        "Id": "f2",
        "UserName": "tane",
        "Email": "tane@example.org",
        "EmailConfirmed": 0,
        "PasswordHash": WEAK["asp.net identity v3"],
    },
]
EXPORTS = {
    "keycloak": json.dumps(REALM),
    "auth0": lines(*AUTH0),
    "django": json.dumps(DJANGO),
    "laravel": json.dumps(LARAVEL),
    "aspnet": json.dumps(ASPNET),
}
NUMBERED, SORTED, WITH_APP = (
    {"keycloak", "auth0", "aspnet"},
    {"keycloak", "auth0"},
    {
        "keycloak",
        "django",
        "aspnet",
    },
)


@pytest.mark.slow
@pytest.mark.parametrize("product", EXPORTS)
def test_the_people_of_an_export_sign_in_as_they_did(small_site: Site, product: str) -> None:
    site = small_site
    report = bring(site, "export.json", EXPORTS[product], "--from", product)
    became = {row["username"]: row["outcome"] for row in report["rows"]}
    gone = {} if product == "aspnet" else {"gone": "left out"}
    assert became == {"aroha": "added", "tane": "added", **gone}
    with site.work() as work:
        aroha, tane = (people.by_name(work, name) for name in ("aroha", "tane"))
    assert aroha
    assert tane
    assert (aroha.email_verified, tane.email_verified) == (True, False)
    if product in NUMBERED:
        assert (aroha.phone, aroha.phone_verified) == ("+64211234567", True)
    if product in SORTED or product == "django":
        assert aroha.groups == ("staff night",)
    if product in SORTED:
        assert aroha.roles == {"nurse"}
    if product != "aspnet":
        assert aroha.name == "Aroha Ngata"
    assert ("totp" in aroha.methods) == (product in WITH_APP)
    for name in ("aroha", "tane"):
        browser, answer = signing_in(site, name)
        if "/totp" in browser.at.url:
            answer = browser.submit("/totp", code=site.code(SECRET))
        assert "code" in answer.query, name


@pytest.mark.parametrize("product", EXPORTS)
@pytest.mark.parametrize("text", ["", "{}", "[]", '[null, 7, {"fields": 7}]', '{"users": 7}'])
def test_what_is_no_export_of_that_product_adds_nobody(
    small_site: Site, product: str, text: str
) -> None:
    file: Path = small_site.folder / "export.json"
    file.write_text(text)
    done = Acrux(small_site.environ).run("user", "import", str(file), "--from", product)
    assert done.exit_code in (0, 1)
    with small_site.work() as work:
        assert people.by_name(work, "aroha") is None
