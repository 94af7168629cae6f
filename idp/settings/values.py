"""What the operator decides, as frozen values: one class a section of the settings.

`config/defaults.toml` names and explains every key; `idp.settings.reading` reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from idp.language import LANGUAGES
from idp.settings.allowed import Count, Days, NotNegative, OneOf, Secret
from idp.settings.directory import Directory
from idp.settings.sms_and_mail import Mail, Sms


@dataclass(frozen=True)
class Server:
    issuer: str
    trusted_proxies: tuple[str, ...]
    max_body: Count
    max_upload: Count
    access_log: bool


@dataclass(frozen=True)
class Instance:
    path: str


@dataclass(frozen=True)
class Database:
    url: str
    pool: Count
    prepare: Annotated[str, OneOf(("auto", "never"))]
    tools: str


@dataclass(frozen=True)
class Brand:
    name: str
    short_name: str
    logo: str
    accent: str
    support_email: str
    support_phone: str
    support_hours: str
    support_url: str
    language: Annotated[str, OneOf(tuple(LANGUAGES))]
    time_zone: str

    @property
    def short(self) -> str:
        """Return what text messages call it: whole, never cut."""
        return self.short_name or self.name

    @property
    def support_tel(self) -> str:
        """Return the telephone number as a `tel:` address has it (RFC 3966): digits, and a +."""
        return "".join(c for c in self.support_phone if c in "+0123456789")

    @property
    def support(self) -> dict[str, str]:
        """Return whom people may ask, as messages name it; "" for what there is not."""
        return {
            "support_email": self.support_email,
            "support_phone": self.support_phone,
            "support_hours": self.support_hours,
            "support_url": self.support_url,
        }


@dataclass(frozen=True)
class SessionLimits:
    idle: Count
    absolute: Count


@dataclass(frozen=True)
class InteractionLimits:
    lifetime: Count


@dataclass(frozen=True)
class Password:
    min_length: int
    min_length_with_mfa: int
    min_score: int
    blocklist: str
    argon2_memory: Count
    argon2_time: Count
    argon2_lanes: Count
    argon2_parallel: Count
    argon2_waiting: NotNegative


@dataclass(frozen=True)
class Totp:
    past_steps: int
    future_steps: int


@dataclass(frozen=True)
class Account:
    recovery_wait: int


@dataclass(frozen=True)
class Passkeys:
    enabled: bool
    attestation: Annotated[str, OneOf(("none", "required"))]
    roots: str
    offer_every: NotNegative


@dataclass(frozen=True)
class Enrolment:
    proof: Annotated[str, OneOf(("email", "sms", "none"))]
    unconfirmed: Annotated[str, OneOf(("operator", "code"))]
    recommended: str


@dataclass(frozen=True)
class RecoveryCodes:
    at_enrolment: Annotated[str, OneOf(("off", "offered", "required"))]


@dataclass(frozen=True)
class SharedProfiles:
    days: Count
    threshold: Count
    name: NotNegative
    alternating: NotNegative
    apart: NotNegative
    elsewhere: NotNegative
    set_ups: NotNegative
    hours: NotNegative
    denied: NotNegative
    names: tuple[str, ...]


@dataclass(frozen=True)
class Throttle:
    free: Count
    first_wait: Count
    longest_wait: Count
    limit: int
    source_limit: Count
    source_window: Count


@dataclass(frozen=True)
class Policy:
    floor: str
    ask_enrolled: str
    console: str


@dataclass(frozen=True)
class LevelSetting:
    name: str
    kinds: int = 1
    requires: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    lifetime: int = 0
    text: str = ""


@dataclass(frozen=True)
class Oidc:
    code_lifetime: int
    access_token_lifetime: Count
    id_token_lifetime: Count
    refresh_idle: Count
    refresh_absolute: Count
    refresh_grace: NotNegative
    cache: NotNegative
    legacy_response_types: bool
    require_pushed_authorization_requests: bool
    dpop_nonces: bool
    client_keys_cache: Count
    new_clients_alg: Annotated[str, OneOf(("RS256", "ES256"))]


@dataclass(frozen=True)
class MutualTls:
    proxies: tuple[str, ...]
    header: str
    form: Annotated[str, OneOf(("pem", "der", "rfc9440", "xfcc"))]
    verified_header: str
    ca_bundle: str
    address: str

    @property
    def checks_chains(self) -> bool:
        """Somebody looks at who issued a certificate: the proxy, or we."""
        return bool(self.verified_header or self.ca_bundle)


@dataclass(frozen=True)
class Registration:
    mode: Annotated[str, OneOf(("off", "token", "open"))]
    metadata_documents: bool
    unused_days: NotNegative


@dataclass(frozen=True)
class Api:
    per_minute: Count


@dataclass(frozen=True)
class Scim:
    enabled: bool
    user_types: tuple[str, ...]
    groups: tuple[str, ...]
    roles: tuple[str, ...]
    phone_numbers: bool
    verified: bool
    invite: bool


@dataclass(frozen=True)
class Egress:
    allow: tuple[str, ...]
    ca_bundle: str


@dataclass(frozen=True)
class Log:
    format: Annotated[str, OneOf(("text", "json"))]


@dataclass(frozen=True)
class Metrics:
    bind: str


@dataclass(frozen=True)
class Traces:
    endpoint: str
    percent: int


@dataclass(frozen=True)
class Evidence:
    every: Count
    anchors: tuple[str, ...]
    mail_every: Count
    witnesses: tuple[str, ...]
    witnesses_needed: NotNegative
    serve: bool


@dataclass(frozen=True)
class Retention:
    sign_ins: Days
    administration: Days
    evidence: Days


@dataclass(frozen=True)
class Stream:
    to: tuple[str, ...]
    format: Annotated[str, OneOf(("jsonl", "ocsf", "cef"))]
    secret: Secret
    authorization: Secret
    ca_bundle: str
    certificate: str


@dataclass(frozen=True)
class Canary:
    every: NotNegative
    mail: str


@dataclass(frozen=True)
class Test:
    clock: str


@dataclass(frozen=True)
class Settings:
    """All settings of one process. `environment` is production, demo or testing.

    `origins` says of `section.key` where its value comes from: a file, or a variable of the
    environment; what is not there is as the defaults have it.
    """

    environment: str
    server: Server
    instance: Instance
    database: Database
    brand: Brand
    session: SessionLimits
    interaction: InteractionLimits
    password: Password
    totp: Totp
    account: Account
    passkeys: Passkeys
    directory: Directory
    sms: Sms
    mail: Mail
    enrolment: Enrolment
    recovery: RecoveryCodes
    shared_profiles: SharedProfiles
    throttle: Throttle
    policy: Policy
    levels: tuple[LevelSetting, ...]
    aliases: Mapping[str, str]
    oidc: Oidc
    mutual_tls: MutualTls
    registration: Registration
    api: Api
    scim: Scim
    egress: Egress
    log: Log
    metrics: Metrics
    traces: Traces
    evidence: Evidence
    retention: Retention
    stream: Stream
    canary: Canary
    test: Test
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def console_level(self) -> str:
        """The level of whoever runs Acrux: as it is set, or the weakest of two kinds of factor."""
        strong = [level.name for level in self.levels if level.kinds > 1]
        return self.policy.console or (strong or [self.levels[-1].name])[0]

    @property
    def secure(self) -> bool:
        """The issuer is https, so cookies are too."""
        return self.server.issuer.startswith("https:")

    @property
    def instance_path(self) -> Path:
        return Path(self.instance.path).absolute()

    @property
    def keyring_path(self) -> Path:
        return self.instance_path / "keyring"

    @property
    def metrics_path(self) -> Path:
        """Where the processes of this machine keep their figures."""
        return self.instance_path / "metrics"

    @property
    def database_url(self) -> str:
        """The address of the database; a file's is absolute, from wherever it is opened."""
        if self.database_file is None:
            return self.database.url
        _, mark, query = self.database.url.partition("?")
        return f"sqlite:///{self.database_file}{mark}{query}"

    @property
    def database_file(self) -> Path | None:
        """The file of SQLite; None for another database, and for one in memory."""
        if not self.database.url:
            return self.instance_path / "acrux.db"
        kind, _, rest = self.database.url.partition("://")
        name = rest.removeprefix("/").partition("?")[0]
        if kind.partition("+")[0] != "sqlite" or name in ("", ":memory:"):
            return None
        return Path(name).absolute()
