"""Settings: where they come from, and the one line that stops a wrong start."""

from pathlib import Path

import pytest

from idp.errors import ConfigurationError
from idp.settings import reading
from idp.settings.addresses import sender_parts

TESTING = {"ACRUX_ENV": "testing"}
SOUND = {
    "ACRUX_SERVER__ISSUER": "https://login.example.org",
    "ACRUX_MAIL__BACKEND": "smtp",
    "ACRUX_MAIL__SENDER": "signin@example.org",
}
SERVICE = {
    "ACRUX_SMS__BACKEND": "twilio",
    "ACRUX_SMS__TWILIO_ACCOUNT_SID": "AC1",
    "ACRUX_SMS__TWILIO_AUTH_TOKEN": "a-token",
    "ACRUX_SMS__TWILIO_MESSAGING_SERVICE_SID": "MG1",
}
VERIFY = {
    **{name: value for name, value in SERVICE.items() if "MESSAGING" not in name},
    "ACRUX_SMS__SERVICE": "verify",
    "ACRUX_SMS__TWILIO_VERIFY_SERVICE_SID": "VA" + "0123456789abcdef" * 2,
    "ACRUX_SMS__VOICE": "true",
}
GATEWAY = {
    "ACRUX_SMS__BACKEND": "webhook",
    "ACRUX_SMS__WEBHOOK_URL": "https://sms.example.org/send",
    "ACRUX_SMS__WEBHOOK_SECRET": "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXMhISE=",
}
ACCOUNT = {name: value for name, value in SERVICE.items() if "BACKEND" not in name}
NO_SERVICE = "sms.twilio_verify_service_sid must be the service's id: VA and 32 hex digits"


def test_production_is_the_default_and_starts_with_sound_settings() -> None:
    loaded = reading.load(SOUND)
    assert loaded.environment == "production"
    assert loaded.secure
    assert [level.name for level in loaded.levels][-1] == "phrh"


def test_a_variable_wins_over_the_named_file_and_that_over_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "acrux.toml"
    file.write_text('[brand]\nname = "Acme"\n[session]\nidle = 600\n')
    loaded = reading.load({**SOUND, "ACRUX_CONFIG": str(file), "ACRUX_SESSION__IDLE": "900"})
    assert (loaded.brand.name, loaded.session.idle, loaded.session.absolute) == ("Acme", 900, 43200)


def test_twilio_verify_needs_no_sender_not_even_to_call() -> None:
    loaded = reading.load({**SOUND, **VERIFY})
    assert (loaded.sms.service, loaded.sms.voice, loaded.sms.twilio_from) == ("verify", True, "")


def test_lists_and_truths_are_read_from_variables() -> None:
    found = reading.load(
        {
            **SOUND,
            "ACRUX_SERVER__TRUSTED_PROXIES": "10.0.0.1, 10.1.0.0/16",
            "ACRUX_SERVER__ACCESS_LOG": "true",
        }
    )
    assert found.server.trusted_proxies == ("10.0.0.1", "10.1.0.0/16")
    assert found.server.access_log is True


def test_an_operator_may_declare_levels_and_aliases(tmp_path: Path) -> None:
    file = tmp_path / "acrux.toml"
    file.write_text(
        '[[levels]]\nname = "low"\n[[levels]]\nname = "high"\nkinds = 2\nrefuses = ["telephone"]\n'
        '[aliases]\n"https://refeds.org/profile/mfa" = "high"\n[policy]\nask_enrolled = "high"\n'
    )
    loaded = reading.load({**SOUND, "ACRUX_CONFIG": str(file)})
    assert [(level.name, level.kinds) for level in loaded.levels] == [("low", 1), ("high", 2)]
    assert loaded.aliases == {"https://refeds.org/profile/mfa": "high"}


DIRECTORY = {
    **SOUND,
    "ACRUX_DIRECTORY__URL": "ldap://ldap.example.org",
    "ACRUX_DIRECTORY__BIND_DN": "cn=acrux,dc=example,dc=org",
    "ACRUX_DIRECTORY__BIND_PASSWORD": "secret",
    "ACRUX_DIRECTORY__BASE": "dc=example,dc=org",
}
OPEN = {**DIRECTORY, "ACRUX_DIRECTORY__START_TLS": "false"}
WRONG = [
    (OPEN, "passwords would travel in the open"),
    ({**OPEN, "ACRUX_DIRECTORY__PLAIN": "true"}, "for a directory on this very machine"),
    ({**DIRECTORY, "ACRUX_DIRECTORY__URL": "ldapi:///x"}, "must be ldaps://host or ldap://host"),
    ({**DIRECTORY, "ACRUX_DIRECTORY__BIND_PASSWORD": ""}, "takes that for nobody's name"),
    ({**DIRECTORY, "ACRUX_DIRECTORY__BIND_DN": ""}, "who asks the directory?"),
    ({**DIRECTORY, "ACRUX_DIRECTORY__FILTER": "(uid=*)"}, "must be a filter with {name} in it"),
    ({**DIRECTORY, "ACRUX_DIRECTORY__AT_ONCE": "25"}, "directory.at_once must be 24 at most"),
    ({}, "server.issuer is empty"),
    ({**SOUND, "ACRUX_SERVER__ISSUER": "http://login.example.org"}, "must be https"),
    ({**SOUND, "ACRUX_SERVER__ISSUER": "http://localhost:5000"}, "must be https"),
    ({**SOUND, "ACRUX_SERVER__ISSUER": "https://login.example.org/"}, "no trailing slash"),
    ({**SOUND, "ACRUX_SERVER__ISSUER": "https://a.example/?x"}, "no trailing slash, query"),
    ({**SOUND, "ACRUX_ENV": "prod"}, "ACRUX_ENV is 'prod'"),
    ({**SOUND, "ACRUX_SERVER__ISUER": "x"}, "names no setting"),
    ({**SOUND, "ACRUX_NOTHING__KEY": "x"}, "names no setting"),
    ({**SOUND, "ACRUX_SESSION__IDLE": "soon"}, "must be int"),
    ({**SOUND, "ACRUX_SERVER__ACCESS_LOG": "perhaps"}, "must be bool"),
    ({**SOUND, "ACRUX_MAIL__BACKEND": "directory"}, "is for demo and testing"),
    ({**SOUND, "ACRUX_SMS__BACKEND": "directory"}, "is for demo and testing"),
    ({**SOUND, "ACRUX_SMS__BACKEND": "pigeon"}, "use off, directory, twilio"),
    ({**SOUND, "ACRUX_SMS__BACKEND": "twilio"}, "sms.twilio_account_sid is empty"),
    ({**SOUND, "ACRUX_SMS__NUMBER_TYPES": "mobile,premium"}, "sms.number_types has 'premium'"),
    ({**SOUND, **VERIFY, "ACRUX_BRAND__NAME": "x" * 41}, "set brand.short_name"),
    ({**SOUND, "ACRUX_SMS__SHOW_DIGITS": "5"}, "sms.show_digits must be from 0 to 4"),
    ({**SOUND, "ACRUX_SMS__NUMBER_TYPES": ""}, "sms.number_types is empty"),
    ({**SOUND, "ACRUX_SMS__COUNTRIES": '["NZ"]'}, "sms.countries has '[\"NZ\"]': use two letters"),
    ({**SOUND, "ACRUX_SMS__COUNTRIES": "NZ,UK"}, "sms.countries has 'UK': use two letters"),
    ({**SOUND, "ACRUX_SMS__DEFAULT_COUNTRY": "nz"}, "sms.default_country has 'nz'"),
    ({**SOUND, "ACRUX_SMS__PER_DAY": "0"}, "sms.per_day must be at least 1"),
    ({**SOUND, **SERVICE, "ACRUX_SMS__VOICE": "true"}, "sms.voice needs a number to call from"),
    ({**SOUND, "ACRUX_SMS__SERVICE": "authy"}, "use messages, verify"),
    (
        {**SOUND, **VERIFY, "ACRUX_SMS__BACKEND": "off"},
        "sms.service = verify needs sms.backend = twilio, not off",
    ),
    ({**SOUND, **VERIFY, "ACRUX_SMS__TWILIO_AUTH_TOKEN": ""}, "sms.twilio_auth_token is empty"),
    ({**SOUND, **VERIFY, "ACRUX_SMS__TWILIO_VERIFY_SERVICE_SID": ""}, NO_SERVICE),
    ({**SOUND, **VERIFY, "ACRUX_SMS__TWILIO_VERIFY_SERVICE_SID": "MG" + "0" * 32}, NO_SERVICE),
    ({**SOUND, "ACRUX_SMS__TWILIO_API": "http://127.0.0.1:1"}, "is for testing"),
    ({**SOUND, "ACRUX_MAIL__BACKEND": "off"}, "enrolment.proof = email needs it"),
    ({**SOUND, "ACRUX_MAIL__SENDER": ""}, "mail.sender is empty"),
    ({**SOUND, "ACRUX_ENROLMENT__PROOF": "fax"}, "use email, sms, none"),
    ({**SOUND, "ACRUX_TEST__CLOCK": "/tmp/clock"}, "ACRUX_ENV=testing only"),
    ({**SOUND, "ACRUX_PASSWORD__ARGON2_MEMORY": "1024"}, "at least 19456"),
    ({**SOUND, "ACRUX_PASSWORD__MIN_LENGTH": "6"}, "at least 8"),
    ({**SOUND, "ACRUX_TOTP__PAST_STEPS": "5"}, "must be 0 or 1"),
    ({**SOUND, "ACRUX_SMS__CODE_LIFETIME": "3600"}, "at most 600 seconds"),
    ({**SOUND, "ACRUX_THROTTLE__LIMIT": "1000"}, "from 1 to 100"),
    ({**SOUND, "ACRUX_POLICY__FLOOR": "mfa"}, "is no level"),
    ({**SOUND, "ACRUX_BRAND__ACCENT": "red;}"}, "must be a colour"),
    ({**SOUND, "ACRUX_CONFIG": "/nowhere/acrux.toml"}, "cannot be read"),
    ({**SOUND, "ACRUX_SERVER__TRUSTED_PROXIES": "the-proxy"}, "no address and no network"),
    ({**SOUND, "ACRUX_SERVER__TRUSTED_PROXIES": "10.0.0.1,10.0.0.0/33"}, "has '10.0.0.0/33'"),
    ({**SOUND, "ACRUX_SERVER__TRUSTED_PROXIES": "10.0.0.1:8080"}, "has '10.0.0.1:8080'"),
    ({**SOUND, "ACRUX_MUTUAL_TLS__PROXIES": "direct"}, "name the proxy that ends TLS"),
    ({**SOUND, "ACRUX_MUTUAL_TLS__PROXIES": "unix:/run/x"}, "which is no address"),
    ({**SOUND, "ACRUX_MUTUAL_TLS__CA_BUNDLE": "/etc/hostname"}, "proxies is empty: name the"),
    ({**SOUND, "ACRUX_MUTUAL_TLS__HEADER": "Client_Cert"}, "without underscores"),
    ({**SOUND, "ACRUX_MUTUAL_TLS__VERIFIED_HEADER": "client-cert"}, "are the same"),
    ({**SOUND, "ACRUX_MUTUAL_TLS__ADDRESS": "https://a.nz/x"}, "such as https://mtls"),
    ({**SOUND, "ACRUX_SERVER__MAX_BODY": "0"}, "server.max_body must be at least"),
    ({**SOUND, "ACRUX_DATABASE__POOL": "0"}, "database.pool must be at least 1"),
    ({**SOUND, "ACRUX_PASSWORD__ARGON2_LANES": "0"}, "argon2_lanes must be at least 1"),
    ({**SOUND, "ACRUX_PASSWORD__ARGON2_PARALLEL": "0"}, "argon2_parallel must be at least 1"),
    ({**SOUND, "ACRUX_PASSWORD__MIN_SCORE": "5"}, "min_score must be from 0 to 4"),
    ({**SOUND, "ACRUX_THROTTLE__FIRST_WAIT": "-1"}, "first_wait must be at least 1"),
    ({**SOUND, "ACRUX_OIDC__CACHE": "-1"}, "oidc.cache must be at least 0"),
    ({**SOUND, "ACRUX_PASSKEYS__OFFER_EVERY": "-1"}, "offer_every must be at least 0"),
    ({**SOUND, "ACRUX_MAIL__PORT": "70000"}, "mail.port 70000 is no port"),
    ({**SOUND, "ACRUX_MAIL__TIMEOUT": "0"}, "mail.timeout must be above 0"),
    ({**SOUND, "ACRUX_SMS__TWILIO_TIMEOUT": "nan"}, "twilio_timeout must be above 0"),
    ({**SOUND, **GATEWAY, "ACRUX_SMS__WEBHOOK_URL": "http://sms.example.org"}, "sms.webhook_url"),
    ({**SOUND, **GATEWAY, "ACRUX_SMS__WEBHOOK_SECRET": "whsec_c2hvcnQ="}, "sms.webhook_secret"),
    ({**SOUND, **GATEWAY, "ACRUX_SMS__FALLBACK": "webhook"}, "would only be asked twice"),
    ({**SOUND, **GATEWAY, "ACRUX_SMS__FALLBACK": "twilio"}, "sms.twilio_account_sid is empty"),
    ({**SOUND, "ACRUX_SMS__FALLBACK": "twilio", **ACCOUNT}, "not after off"),
    (
        {
            **SOUND,
            **VERIFY,
            **GATEWAY,
            "ACRUX_SMS__BACKEND": "twilio",
            "ACRUX_SMS__FALLBACK": "webhook",
        },
        "leave sms.fallback empty",
    ),
]


PG = "postgresql+psycopg://"
ENCODE = "write %40 for @"
PLACES = [
    ("SERVER__ISSUER", "https://login.example.org/auth", "must have no path, such as /auth"),
    ("SERVER__ISSUER", "https://LOGIN.example.org", "write it: https://login.example.org"),
    ("SERVER__ISSUER", "https://login.example.org:443", "write it: https://login.example.org"),
    ("SERVER__ISSUER", "https://me@login.example.org", "write it: https://login.example.org"),
    ("SERVER__ISSUER", "https://login.example.org:99999", "a port from 1 to 65535"),
    ("SERVER__ISSUER", "https://bücher.example", "in ASCII"),
    ("SERVER__ISSUER", "https://login.example.org?", "no trailing slash, query"),
    (
        "DATABASE__URL",
        "postgres://u:s3cr3t@h/d",
        "begins with postgres://: write postgresql+psycopg",
    ),
    ("DATABASE__URL", "postgresql://u:s3cr3t@h/d", "write postgresql+psycopg:// instead"),
    ("DATABASE__URL", "postgresql+psycopg2://u:s3cr3t@h/d", "write postgresql+psycopg:// instead"),
    ("DATABASE__URL", "mysql://u:s3cr3t@h/d", "must begin with sqlite:/// or postgresql+psycopg"),
    ("DATABASE__URL", f"{PG}u:s3cr3t@x@h/d", ENCODE),
    ("DATABASE__URL", f"{PG}u:s3cr3t/x@h/d", ENCODE),
    ("DATABASE__URL", f"{PG}u:s3cr3t#x@h/d", ENCODE),
    ("DATABASE__URL", f"{PG}u:s3cr3t%x@h/d", ENCODE),
    ("DATABASE__URL", f"{PG}u:s3cr3t?x@h/d", ENCODE),
    ("DATABASE__URL", f"{PG}u:s3cr3t[x@h/d", ENCODE),
    ("DATABASE__URL", f"{PG}h:port/d", "must be postgresql+psycopg://user:password@host:port"),
    ("DATABASE__URL", f"{PG}u@h/d?prepare_threshold=0", "see database.prepare"),
    ("DATABASE__URL", "sqlite://", "the path of a file"),
    ("DATABASE__URL", "sqlite:///:memory:", "the path of a file"),
    ("DATABASE__PREPARE", "always", "use auto, never"),
    ("MAIL__SENDER", "Acrux", "must be an address"),
    ("MAIL__SENDER", "a@example.org, b@example.org", "must be an address"),
    ("MAIL__HOST", "", "mail.host is empty"),
    ("MAIL__PASSWORD", "s3cr3t", "mail.username is empty"),
]


@pytest.mark.parametrize(("name", "value", "says"), PLACES)
def test_an_address_that_cannot_work_stops_the_start_and_no_password_is_said(
    name: str, value: str, says: str
) -> None:
    with pytest.raises(ConfigurationError) as stopped:
        reading.load({**SOUND, f"ACRUX_{name}": value})
    assert says in str(stopped.value)
    assert "\n" not in str(stopped.value)
    assert "s3cr3t" not in str(stopped.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVER__ISSUER", "https://login.example.org:8443"),
        ("SERVER__ISSUER", "https://[2001:db8::1]"),
        ("DATABASE__URL", f"{PG}u:p%40ss%2Fw:o+r!d@db.example.org:5432/acrux?sslmode=verify-full"),
        ("DATABASE__URL", f"{PG}acrux@/acrux?host=/var/run/postgresql"),
        ("DATABASE__URL", f"{PG}acrux@[2001:db8::1]:5432/acrux"),
        ("DATABASE__URL", f"{PG}/acrux"),
        ("DATABASE__URL", "sqlite:////var/lib/a folder/acrux.db"),
        ("DATABASE__URL", "sqlite:///acrux.db"),
        ("MAIL__SENDER", "Acrux, Inc. <signin@example.org>"),
        ("MAIL__SENDER", '"Acrux \\"the star\\", Inc." <signin@example.org>'),
        ("MAIL__SENDER", "jörg@bücher.example"),
    ],
)
def test_an_odd_address_that_works_is_taken(name: str, value: str) -> None:
    reading.load({**SOUND, f"ACRUX_{name}": value})


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("signin@example.org", "", "signin@example.org"),
        ("Acrux, Inc. <signin@example.org>", "Acrux, Inc.", "signin@example.org"),
        ('"Acrux, Inc." <signin@example.org>', "Acrux, Inc.", "signin@example.org"),
        ('"The \\"star\\"" <a@example.org>', 'The "star"', "a@example.org"),
        ("Ngā whetū (sign in) <a@example.org> ", "Ngā whetū (sign in)", "a@example.org"),
        ("<a@example.org>", "", "a@example.org"),
    ],
)
def test_a_sender_is_a_name_of_any_characters_and_an_address(
    sender: str, name: str, address: str
) -> None:
    assert sender_parts(sender) == (name, address)


@pytest.mark.parametrize(("environ", "says"), WRONG, ids=[says for _, says in WRONG])
def test_a_wrong_setting_stops_the_start_with_one_line(environ: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigurationError) as stopped:
        reading.load(environ)
    assert says in str(stopped.value)
    assert "\n" not in str(stopped.value)


FILES = [
    ("[serve]\n", "no section [serve]"),
    ("[server]\nissue = 'x'\n", "has no key 'issue'"),
    ("[session]\nidle = '600'\n", "must be int"),
    ("[server]\ntrusted_proxies = [1]\n", "list of strings"),
    ("not toml", "is not TOML"),
    ("[[levels]]\nname = 'x'\nkind = 2\n", "has no key 'kind'"),
    (
        "[policy]\nask_enrolled = ''\n[[levels]]\nname = 'x'\nrefuses = ['fax']\n",
        "unknown trait 'fax'",
    ),
    ("[[levels]]\nname = 'x'\nkinds = 0\n[policy]\nask_enrolled = ''\n", "needs a name, 1 to 3"),
    ("levels = []\n[policy]\nask_enrolled = ''\n", "there is no level"),
    ("[policy]\nconsole = 'urn:acrux:acr:1fa'\n", "is no level of two kinds"),
    ("[policy]\nconsole = 'mfa'\n", "policy.console 'mfa' is no level of two kinds"),
]


@pytest.mark.parametrize(("text", "says"), FILES, ids=[says for _, says in FILES])
def test_a_wrong_file_stops_the_start_and_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "acrux.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as stopped:
        reading.load({**SOUND, "ACRUX_CONFIG": str(file)})
    assert says in str(stopped.value)


def test_the_shipped_environments_are_sound() -> None:
    assert reading.load({"ACRUX_ENV": "demo"}).sms.backend == "directory"
    assert reading.load(TESTING).environment == "testing"


@pytest.mark.parametrize("zone", ["Auckland", "", "../../etc/passwd", "NZDT+1", "x" * 500])
def test_a_time_zone_that_nobody_knows_stops_the_start(zone: str) -> None:
    with pytest.raises(ConfigurationError, match=r"brand\.time_zone"):
        reading.load({**SOUND, "ACRUX_BRAND__TIME_ZONE": zone})
