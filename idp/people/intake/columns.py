"""What the columns of a file mean: our own names, and those of well-known exports.

Active Directory (`Get-ADUser | Export-Csv`, `csvde`), Entra ID, Google Workspace, Workday and
BambooHR name them so. Of several columns for one thing the first of the list counts that has a
value. What is not in the list is not read, and is named: a job title is no user type, and a manager
no group.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from idp.errors import CommandError

KNOWN: Mapping[str, tuple[str, ...]] = {
    "username": (
        *("username", "login", "loginname", "logonname", "samaccountname", "accountname", "uid"),
        "userprincipalname",
    ),
    "email": (
        *("email", "workemail", "primaryworkemail", "emailwork", "businessemail", "emailaddress"),
        *("workemailaddress", "primaryemail", "primaryemailaddress", "mail", "mailaddress"),
    ),
    "name": (
        *("name", "displayname", "fullname", "preferredname", "workername", "employeename"),
        *("worker", "commonname", "cn"),
    ),
    "given_name": (
        *("givenname", "preferredfirstname", "firstname", "forename", "legalfirstname"),
    ),
    "family_name": (
        "familyname",
        "preferredlastname",
        "lastname",
        "surname",
        "sn",
        "legallastname",
    ),
    "phone": (
        *("phone", "mobile", "mobilephone", "mobilenumber", "mobilephonenumber", "cell"),
        *("cellphone", "cellnumber", "cellphonenumber", "workmobile", "primaryworkmobile"),
        *("mobilephone1", "mobilework", "homemobile"),
    ),
    "some_phone": (
        *("phonenumber", "telephone", "telephonenumber", "workphone", "businessphone"),
        *("primaryworkphone", "officephone", "businessphones"),
    ),
    "type": ("type",),
    "their_type": ("usertype", "employeetype", "workertype", "persontype", "employmenttype"),
    "groups": ("groups", "group"),
    "department": ("department", "departmentname"),
    "roles": ("roles",),
    "verified": ("verified", "emailverified", "emailconfirmed"),
    "phone_verified": ("phoneverified", "phonenumberverified", "phonenumberconfirmed"),
    "password_hash": ("passwordhash", "hashedpassword"),
    "totp_secret": ("totpsecret", "otpsecret"),
    "blocked": ("blocksignin",),
    "enabled": ("enabled", "accountenabled", "status", "userstatus", "accountstatus", "active"),
}
"""Columns by what they are read as, in the order in which they count."""
MOST = 1000
"""Columns of one file: the widest export of a directory has a few hundred."""
_NOTES = ("required", "read only", "upload only", "optional")
_BY_NAME = {
    name: (field, rank) for field, names in KNOWN.items() for rank, name in enumerate(names)
}


@dataclass(frozen=True)
class Columns:
    """The header of a file. `read` has places by field, in the order in which they count."""

    header: tuple[str, ...]
    read: Mapping[str, tuple[int, ...]]

    @property
    def not_read(self) -> tuple[str, ...]:
        """The names of the columns that mean nothing here."""
        places = {place for found in self.read.values() for place in found}
        return tuple(n for place, n in enumerate(self.header) if n and place not in places)

    @property
    def meaning(self) -> dict[str, str]:
        """What each column that is read is read as."""
        return {
            self.header[place]: _words(field)
            for field, places in self.read.items()
            for place in places
        }

    def chosen(self, meant: Mapping[str, str]) -> "Columns":
        """Return the columns as somebody says what they are: fields by names of the header.

        A column that is not named there is not read.
        """
        found: dict[str, tuple[int, ...]] = {}
        for place, name in enumerate(self.header):
            field = meant.get(name, "")
            if field in KNOWN:
                found[field] = (*found.get(field, ()), place)
        return replace(self, read=found)

    @property
    def fields(self) -> dict[str, str]:
        """The field that each column is read as; those that are not read are not there."""
        return {self.header[at]: field for field, places in self.read.items() for at in places}

    def check(self) -> None:
        """Make sure that the header tells who is who.

        Raises:
            CommandError: what is missing, or there twice, or there are too many.
        """
        if len(self.header) > MOST:
            raise CommandError(f"the header has {len(self.header)} columns: {MOST} are read")
        twice = sorted({name for name in self.header if name and self.header.count(name) > 1})
        if twice:
            raise CommandError(f"the header has {', '.join(twice)} twice")
        if not {"username", "email"} & set(self.read):
            seen = f"; it has {', '.join(filter(None, self.header))}" if self.header else ""
            raise CommandError(f"the header names no column for username or email{seen}")

    def values(self, cells: tuple[str, ...]) -> dict[str, str]:
        """Return the values of a record by field; what is empty is left out."""
        found = {}
        for field, places in self.read.items():
            texts = (cells[place].strip() for place in places if place < len(cells))
            value = next(filter(None, texts), "")
            if value:
                found[field] = value
        return found


def recognise(header: list[str]) -> Columns:
    """Return what the columns of a header mean."""
    names = tuple(" ".join(name.split()) for name in header)
    found: dict[str, list[tuple[int, int]]] = {}
    for place, name in enumerate(names):
        field, rank = _BY_NAME.get(_plain(name), ("", 0))
        if field:
            found.setdefault(field, []).append((rank, place))
    order = {field: tuple(place for _, place in sorted(one)) for field, one in found.items()}
    return Columns(names, order)


def _plain(name: str) -> str:
    """Return a header in small letters and digits.

    What stands in brackets is its technical name (Entra ID), or a note (Google Workspace).
    """
    if name.lower().startswith("block sign in"):
        # Its technical name, `accountEnabled`, says the contrary.
        return "blocksignin"
    inside = re.search(r"\[([^\]]+)\]", name)
    if inside and inside[1].strip().lower() not in _NOTES:
        name = inside[1]
    else:
        name = re.sub(r"\[[^\]]*\]|\([^)]*\)", "", name)
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _words(field: str) -> str:
    return {
        "some_phone": "phone, if it is a mobile number",
        "their_type": "type",
        "department": "one more group",
        "enabled": "whether the person is left out",
        "blocked": "whether the person is left out",
    }.get(field, field)
