"""Which attributes people and groups have here, and what this server can do.

`/Schemas` and `/ServiceProviderConfig` are made from them. What is not among them is ignored where
a directory sends it: RFC 7643 has more than any one server keeps.
"""

from typing import Annotated, Any

from pydantic import EmailStr, Field, create_model
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    External,
    Filter,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models.urn import URN

from idp.language import LANGUAGES
from idp.operating.directory.words import Vocabulary
from idp.settings.values import Scim

MOST = 200
"""Resources of one answer."""
USER, GROUP = "User", "Group"
_BEARER = AuthenticationScheme(
    type=AuthenticationScheme.Type.oauthbearertoken,
    name="Bearer",
    description="An access token of this installation with the scope acrux:scim (RFC 6750).",
    spec_uri=Reference[External]("https://www.rfc-editor.org/rfc/rfc6750"),
    primary=True,
)
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    # What Microsoft Entra sends, beside the standard.
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)


class Name(ComplexAttribute):
    given_name: str | None = None
    """The given name."""
    middle_name: str | None = None
    """The middle names."""
    family_name: str | None = None
    """The family name."""


class Email(ComplexAttribute):
    value: Annotated[EmailStr | None, Required.true] = None
    """The address. Everyone has one: the primary one, else that for work, else the first."""
    type: str | None = Field(None, examples=["work"])
    """What it is for."""
    primary: bool | None = None
    """The one that is kept."""


class PhoneNumber(ComplexAttribute):
    value: str | None = None
    """A number for text messages; no other is kept."""
    type: str | None = Field(None, examples=["mobile"])
    """What it is for."""


class Membership(ComplexAttribute):
    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The id of the group."""
    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The address of the group."""
    display: Annotated[str | None, Mutability.read_only] = None
    """The name of the group."""
    type: Annotated[str | None, Mutability.read_only] = Field(None, examples=["direct"])
    """How the person is in it."""


class User(Resource[Any]):
    """A person, with the attributes that there are whatever the settings say."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """What the person signs in with: a word, or an e-mail address."""
    name: Name | None = None
    """The parts of the name."""
    display_name: str | None = None
    """What pages and messages call the person."""
    nick_name: str | None = None
    """The casual name."""
    preferred_language: str | None = Field(None, examples=list(LANGUAGES))
    """A language tag (BCP 47)."""
    timezone: str | None = Field(None, examples=["Pacific/Auckland"])
    """A time zone by its name in the Olson database."""
    active: bool | None = None
    """The person may sign in; whoever is made inactive is signed out at once, everywhere."""
    emails: Annotated[list[Email] | None, Required.true] = None
    """The e-mail address: one is kept. Where a user name is one, it may be left out."""
    groups: Annotated[list[Membership] | None, Mutability.read_only] = None
    """The groups that the person is in."""


class Member(ComplexAttribute):
    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The id of the person."""
    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The address of the person."""
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=[USER])
    """What the member is: a person."""


class Group(Resource[Any]):
    """A group of people; none has groups in it."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The name, which no other group has."""
    members: list[Member] | None = None
    """The people in it."""


def provider(settings: Scim) -> ScimProvider:
    """Return the description of this server, which all requests are read by."""
    return ScimProvider(models=[_user(settings), Group], config=_config(), policy=POLICY)


def _user(settings: Scim) -> type[Resource[Any]]:
    """Return the attributes of a person that the settings allow.

    A role that no directory gives, and numbers that none keeps, are no attributes at all.
    """
    types = Vocabulary(settings).types.theirs or None
    more: dict[str, Any] = {"user_type": (str | None, Field(None, examples=types))}
    if settings.roles:
        role = create_model(
            "Role",
            __base__=ComplexAttribute,
            value=(str | None, Field(None, examples=list(settings.roles))),
        )
        more["roles"] = (list[role] | None, None)  # type: ignore[valid-type]
    if settings.phone_numbers:
        more["phone_numbers"] = (list[PhoneNumber] | None, None)
    return create_model(USER, __base__=User, __doc__="A person.", **more)


def _config() -> ServiceProviderConfig:
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=True),
        authentication_schemes=[_BEARER],
    )
