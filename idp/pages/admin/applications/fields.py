"""The form of an application: its members in groups, each with what it is in plain words.

Owns words and order alone. What a member may be is `oidc.clients.metadata`'s; how a field is read
and filled in, `typed`'s.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from idp.installation import Installation
from idp.language import Text, Words, _
from idp.oidc import vocabulary
from idp.oidc.clients import key_material, profiles
from idp.oidc.jose import encrypting
from idp.oidc.provider import offer
from idp.pages.interaction.words import level_text

Options = Mapping[str, Words]
NOTHING = _("nothing")


@dataclass(frozen=True)
class Field:
    """A member: how it is entered, what it is, and what else there is to know."""

    name: str
    kind: str
    label: Text
    hint: Text | None = None
    options: Options = field(default_factory=dict)
    """Values with what each means, where there is a list of them."""


@dataclass(frozen=True)
class Group:
    """Fields that belong together."""

    name: str
    title: Text
    fields: tuple[Field, ...]
    hint: Text | None = None


def _choice(name: str, label: Text, **options: Words) -> Field:
    return Field(name, "choice", label, options=options)


_SECONDS = _("In seconds. Empty: as for all applications.")
_EACH_LINE = _("One on each line.")
ADDRESSES = Group(
    "addresses",
    _("Addresses"),
    (
        Field(
            "redirect_uris",
            "lines",
            _("Where people return to"),
            _("One on each line, exactly as the application sends it."),
        ),
        Field("post_logout_redirect_uris", "lines", _("Where people return to after signing out")),
        Field("client_uri", "text", _("Its home page")),
        Field("initiate_login_uri", "text", _("Where a sign-in is begun from outside")),
        _choice(
            "application_type", _("What it is"), web=_("a server"), native=_("an app on a device")
        ),
        Field("contacts", "lines", _("Addresses of who is responsible"), _EACH_LINE),
    ),
)
SIGNING_IN = Group(
    "signing-in",
    _("Signing in"),
    (
        Field("min_acr", "choice", _("Everybody needs at least")),
        _choice(
            "acr_values_mode",
            _("What it asks for"),
            voluntary=_("is a wish"),
            required=_("is met, or the sign-in is refused"),
        ),
        Field("default_acr_values", "lines", _("Asked for when a request names nothing")),
        Field("default_max_age", "number", _("How old a proof may be"), _("In seconds.")),
        Field("first_ways", "order", _("Ways to sign in that are offered first")),
        Field("first_party", "tick", _("It is ours: nobody is asked for consent")),
        Field("accepts_bootstrap", "tick", _("A second step set up in the same sign-in counts")),
        Field("require_auth_time", "tick", _("Always tell when somebody signed in")),
        Field("vouched", "tick", _("It registered itself, and we have checked whose it is")),
        Field("switched_off", "tick", _("Switched off: nobody signs in, and no token works")),
    ),
)
LOOK = Group(
    "look",
    _("What its sign-in page says"),
    (
        Field("sign_in_words", "spoken", _("Words above the fields")),
        Field("support_email", "text", _("E-mail address for help")),
        Field("support_phone", "text", _("Telephone for help")),
        Field("support_url", "text", _("Help page")),
        Field("logo_uri", "text", _("Its logo, at an address of its own")),
        Field("policy_uri", "text", _("Its privacy policy")),
        Field("tos_uri", "text", _("Its terms of use")),
    ),
    _("With a contact of its own, none of yours is shown there."),
)
GUARDED = Group(
    "guarded",
    _("Pages behind a proxy"),
    (
        Field(
            "forward_origin",
            "text",
            _("The host whose pages are guarded"),
            _("Such as https://wiki.example.org."),
        ),
        Field(
            "forward_paths",
            "paths",
            _("What its pages need"),
            _(
                "A path is itself and all below it. What it does not say, the path above it says."
                " Without any, everybody who signs in comes to every page."
            ),
        ),
    ),
    _("For an application that only reads headers: its proxy asks here who may come in."),
)
TOLD = Group(
    "told",
    _("What it is told"),
    (
        Field(
            "scope",
            "text",
            _("Scopes that it may ask for"),
            _("With a space between two. Empty: all."),
        ),
        Field(
            "claim_mapping",
            "mapping",
            _("Claims under names of its own"),
            _(
                "Told as far as people agreed. What is told unasked stands on the page that asks"
                " them."
            ),
        ),
        _choice(
            "id_token_claims",
            _("The ID token says"),
            lean=_("who signed in, and how"),
            scope=_("what the scopes cover as well"),
        ),
        Field("userinfo_sign_in", "tick", _("Userinfo says how strong the sign-in was")),
        Field("groups_claim", "text", _("What it calls groups")),
        Field("groups_prefix", "text", _("Only groups that begin with")),
        Field("roles_claim", "text", _("What it calls roles")),
        Field("roles_prefix", "text", _("Only roles that begin with")),
        _choice(
            "subject_type",
            _("A person is called"),
            public=_("the same as by other applications"),
            pairwise=_("as by no other application"),
        ),
        Field("sector_identifier_uri", "text", _("The list of addresses that share such a name")),
    ),
)
TOKENS = Group(
    "tokens",
    _("Tokens"),
    (
        Field("access_token_lifetime", "number", _("An access token works for"), _SECONDS),
        Field("id_token_lifetime", "number", _("An ID token is over after"), _SECONDS),
        Field("refresh_token_idle", "number", _("A refresh token ends without use"), _SECONDS),
        Field("refresh_token_lifetime", "number", _("It continues without people for"), _SECONDS),
        Field(
            "rotate_refresh_tokens", "tick", _("A refresh token works once, and brings the next")
        ),
        _choice(
            "access_token_format",
            _("Access tokens"),
            opaque=_("say nothing by themselves"),
            jwt=_("are signed, and APIs can read them"),
        ),
        Field("audience", "lines", _("APIs that they are for"), _EACH_LINE),
        Field(
            "resource_scopes",
            "json",
            _("Scopes of APIs that it may ask for"),
            _('JSON: {"https://pay.example.org/api": ["pay:read"]}'),
        ),
        Field(
            "authorization_details_types",
            "lines",
            _("Types of details that it may ask people to agree to"),
            _EACH_LINE,
        ),
        Field(
            "speaks_for",
            "lines",
            _("APIs that it is"),
            _("It may ask everything about their tokens. One audience on each line."),
        ),
        Field("access_token_signing_alg", "choice", _("How access tokens are signed")),
        Field("id_token_signed_response_alg", "choice", _("How ID tokens are signed")),
        Field("userinfo_signed_response_alg", "choice", _("How userinfo is signed")),
        Field("introspection_signed_response_alg", "choice", _("How introspection is signed")),
        Field("id_token_encrypted_response_alg", "choice", _("How ID tokens are encrypted")),
        Field("id_token_encrypted_response_enc", "choice", _("Cipher of encrypted ID tokens")),
        Field("userinfo_encrypted_response_alg", "choice", _("How userinfo is encrypted")),
        Field("userinfo_encrypted_response_enc", "choice", _("Cipher of encrypted userinfo")),
        Field(
            "introspection_encrypted_response_alg",
            "choice",
            _("How signed introspection is encrypted"),
        ),
        Field(
            "introspection_encrypted_response_enc", "choice", _("Cipher of encrypted introspection")
        ),
        Field(
            "authorization_signed_response_alg",
            "choice",
            _("How answers by the browser are signed"),
        ),
        Field(
            "authorization_encrypted_response_alg",
            "choice",
            _("How such answers are encrypted"),
        ),
        Field("authorization_encrypted_response_enc", "choice", _("Cipher of encrypted answers")),
        Field(
            "exchange_from",
            "lines",
            _("Applications whose tokens it may exchange"),
            _("One client_id on each line. What it gets says for whom it acts."),
        ),
        Field(
            "dpop_bound_access_tokens",
            "tick",
            _("Only whoever shows the application's key can use its access tokens (DPoP)"),
        ),
        Field(
            "tls_client_certificate_bound_access_tokens",
            "tick",
            _("Only whoever shows the application's certificate can use its access tokens (mTLS)"),
        ),
        Field("resource_server", "tick", _("It is an API that may ask what others' tokens allow")),
    ),
)
SIGNING_OUT = Group(
    "signing-out",
    _("Signing out"),
    (
        Field("backchannel_logout_uri", "text", _("Where it is told, from server to server")),
        Field(
            "backchannel_logout_session_required", "tick", _("It must hear which sign-in is over")
        ),
        Field("frontchannel_logout_uri", "text", _("The page that signs out, in a frame")),
        Field("frontchannel_logout_session_required", "tick", _("So must that page")),
    ),
)
PROVING = Group(
    "proving",
    _("How it proves who it is"),
    (
        _choice(
            "token_endpoint_auth_method",
            _("When it asks for tokens"),
            client_secret_basic=_("a secret, in the header"),
            client_secret_post=_("a secret, in the form"),
            private_key_jwt=_("signed with a key of its own"),
            client_secret_jwt=_("signed with its secret"),
            tls_client_auth=_("a certificate that somebody trusted issued"),
            self_signed_tls_client_auth=_("a certificate that is among its keys"),
            none=_("not at all: an app can keep no secret"),
        ),
        Field("profile", "choice", _("A stricter profile that it is held to")),
        Field("strict_authentication", "tick", _("The secret comes in that way alone")),
        Field("token_endpoint_auth_signing_alg", "choice", _("How it signs")),
        _choice(
            "assertion_audience",
            _("What it signs is for"),
            any=_("the issuer, or the endpoint"),
            issuer=_("the issuer alone"),
        ),
        Field(
            "tls_client_auth_subject_dn",
            "text",
            _("The subject of its certificate"),
            _("Such as CN=payroll,O=Example. A certificate has one of these names."),
        ),
        Field("tls_client_auth_san_dns", "text", _("Or a host name of its certificate")),
        Field("tls_client_auth_san_uri", "text", _("Or a URI of its certificate")),
        Field("tls_client_auth_san_ip", "text", _("Or a network address of its certificate")),
        Field("tls_client_auth_san_email", "text", _("Or an e-mail address of its certificate")),
        Field("jwks_uri", "text", _("Where its public keys are")),
        Field("jwks", "json", _("Its public keys")),
        _choice(
            "pkce", _("PKCE"), required=_("always"), optional=_("if it likes: older applications")
        ),
    ),
)
ASKING = Group(
    "asking",
    _("What it sends"),
    (
        Field("grant_types", "ticks", _("What it gets tokens for")),
        Field("response_types", "ticks", _("What it asks the browser to bring")),
        Field("require_signed_request_object", "tick", _("Requests that are not signed fail")),
        Field(
            "require_pushed_authorization_requests",
            "tick",
            _("Requests that it has not left here first fail"),
        ),
        Field("request_object_signing_alg", "choice", _("How it signs requests")),
        Field(
            "backchannel_token_delivery_mode",
            "choice",
            _("How it hears of an answer that it asked for behind the browser"),
        ),
        Field(
            "backchannel_client_notification_endpoint",
            "text",
            _("Where it is told that somebody answered"),
        ),
        Field(
            "backchannel_authentication_request_signing_alg",
            "choice",
            _("How it signs what it asks behind the browser"),
        ),
        Field("request_uris", "lines", _("Where its requests may lie"), _EACH_LINE),
    ),
)
GROUPS = (ADDRESSES, SIGNING_IN, GUARDED, LOOK, TOLD, TOKENS, SIGNING_OUT, PROVING, ASKING)
ELSEWHERE = ("api_scopes", "logo")
"""Members with a way of their own: the command alone gives the first, the second is a picture."""


def options(installation: Installation, algs: tuple[str, ...]) -> Mapping[str, Options]:
    """Return, by member, the values that this installation has; `algs` have a key."""
    offered, rules = offer(installation, algs), installation.signin.rules
    levels = {name: _named(level_text(rules, name), name) for name in offered.levels}
    signed = _plain(offered.signing_algs)
    return {
        "min_acr": {"": NOTHING} | levels,
        "forward_paths": {"": NOTHING} | levels,
        "first_ways": {"": _("as usual")}
        | {way: one.title or way for way, one in installation.signin.authenticators.items()},
        "access_token_signing_alg": signed,
        "id_token_signed_response_alg": signed,
        "userinfo_signed_response_alg": {"": _("not signed")} | signed,
        "introspection_signed_response_alg": {"": _("as ID tokens, where asked for")} | signed,
        "authorization_signed_response_alg": {"": _("as ID tokens, where asked for")} | signed,
        **{f"{what}_encrypted_response_alg": _ENCRYPTED for what in key_material.ENCRYPTED},
        **{f"{what}_encrypted_response_enc": _CIPHERS for what in key_material.ENCRYPTED},
        "profile": {"": _("as usual"), profiles.FAPI2: "FAPI 2.0", profiles.FAPI_CIBA: "FAPI-CIBA"},
        "token_endpoint_auth_signing_alg": {"": _("as it likes")}
        | _plain((*vocabulary.ASSERTION_ALGS, "HS256")),
        "request_object_signing_alg": {"": _("as it likes")}
        | _plain(vocabulary.REQUEST_OBJECT_ALGS),
        "backchannel_token_delivery_mode": {
            "": _("it does not ask so"),
            vocabulary.POLL: _("it asks again and again"),
            vocabulary.PING: _("it is told, and asks then"),
        },
        "backchannel_authentication_request_signing_alg": {"": _("not signed")}
        | _plain(vocabulary.REQUEST_OBJECT_ALGS),
        "grant_types": _plain(offered.grant_types),
        "response_types": _plain(offered.response_types),
    }


def _named(words: Text, name: str) -> Text:
    return _("%(level)s (%(name)s)", level=words, name=name)


def _plain(values: Iterable[str]) -> dict[str, Words]:
    return {one: one for one in values}


def every(groups: Iterable[Group] = GROUPS) -> dict[str, Field]:
    """Return all fields by their member."""
    return {one.name: one for group in groups for one in group.fields}


_ENCRYPTED = {"": _("not encrypted")} | _plain(encrypting.ALGS)
_CIPHERS = {"": _("the usual one")} | _plain(encrypting.ENCS)
