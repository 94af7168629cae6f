"""Clients that are known by a certificate, and tokens bound to one (RFC 8705), behind a proxy."""

import base64
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from idp.oidc.certificates import forms, names
from idp.oidc.certificates.shown import Certificates, NoCertificate
from idp.oidc.clients import key_material, metadata
from idp.oidc.provider import offer
from idp.web.lane.plain import PlainRequest
from tests.protocol.sign_ins import assert_token_error, code, jose_payload
from tests.support.applications.prover import Prover
from tests.support.site import Application, Site
from tests.support.stand_ins.certificates import DAY, Authority, Shown, self_signed

OWN = {"grant_type": "client_credentials"}
OFFLINE = "openid profile offline_access"
SUBJECT = "tls_client_auth_subject_dn"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def site(tmp_path: Path, database_url: str, authority: Authority) -> Iterator[Site]:
    found = made(tmp_path, database_url, authority)
    yield found
    found.close()


@pytest.fixture
def lone(tmp_path: Path, authority: Authority) -> Iterator[Site]:
    found = made(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", authority)
    yield found
    found.close()


def made(folder: Path, url: str, authority: Authority, **settings: str) -> Site:
    bundle = authority.write(folder / "clients.pem")
    given = {"mutual_tls__proxies": "127.0.0.1", "mutual_tls__ca_bundle": str(bundle)}
    return Site(folder, url, **(given | settings))


def payroll(site: Site, **data: Any) -> Application:
    """Register a client that is known by a certificate for CN=payroll."""
    known = {"token_endpoint_auth_method": "tls_client_auth", SUBJECT: "CN=payroll"}
    grants = ["authorization_code", "refresh_token", "client_credentials"]
    return site.application("payroll", **{"grant_types": grants, "scope": OFFLINE, **known, **data})


def reason(site: Site) -> str:
    return "\n".join(one.reason or "" for one in site.events(kind="client:token:refused"))


def refused(site: Site, app: Application, shown: Shown, why: str) -> None:
    assert_token_error(shown.ask(site, "/token", app, OWN), "invalid_client", 401)
    assert why in reason(site)


# -- who it is


def test_a_certificate_is_the_clients_proof_and_binds_its_tokens(
    site: Site, authority: Authority
) -> None:
    site.person("tane")
    app = payroll(site, tls_client_certificate_bound_access_tokens=True, access_token_format="jwt")
    shown, thief = authority.gives(), authority.gives()
    pushed = shown.ask(site, "/par", app, app.request(scope=OFFLINE))
    assert pushed.status == 201, pushed.text
    browser = site.browser()
    browser.open("/authorize", client_id=app.client_id, request_uri=pushed.json["request_uri"])
    one = browser.sign_in("tane").query["code"]
    answer = shown.ask(site, "/token", app, app.redemption(one))
    assert (answer.status, answer.json["token_type"]) == (200, "Bearer")
    bound = {"x5t#S256": shown.thumbprint}
    assert jose_payload(answer.json["access_token"])["cnf"] == bound
    # Another certificate of the same name is the same client: its tokens are bound to that one.
    form = {"grant_type": "refresh_token", "refresh_token": answer.json["refresh_token"]}
    token = thief.ask(site, "/token", app, form).json["access_token"]
    found = thief.ask(site, "/introspect", app, {"token": token}).json
    assert (found["cnf"], found["token_type"]) == ({"x5t#S256": thief.thumbprint}, "Bearer")
    assert thief.open(site, token).json["name"] == "Tane"
    assert (
        shown.open(site, token)
        .headers["WWW-Authenticate"]
        .startswith('Bearer realm="userinfo", error="invalid_token"')
    )
    naked = site.client().send("GET", "/userinfo", None, {"Authorization": f"Bearer {token}"})
    assert naked.status == 401
    assert Prover(site).open(token).status == 401
    events = site.events(kind="client:token:refreshed")
    assert '"bound": "mtls"' in (events[0].data or "")


def test_who_has_no_certificate_or_another_is_not_the_client(
    lone: Site, authority: Authority
) -> None:
    site, app = lone, payroll(lone)
    refused(site, app, authority.gives("CN=payrolls"), f"another name than {SUBJECT}")
    refused(site, app, Authority().gives(), "nobody who is trusted issued")
    refused(site, app, self_signed(), "nobody who is trusted issued")
    refused(site, app, authority.gives(until=-DAY), "expired")
    servers = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    refused(site, app, authority.gives(usages=servers), "nobody who is trusted issued")
    form = {"client_id": app.client_id, **OWN}
    assert_token_error(site.client().send("POST", "/token", form), "invalid_client", 401)
    assert "no certificate came" in reason(site)
    secret = {"client_id": app.client_id, "client_secret": app.secret or "", **OWN}
    lines = authority.gives().lines
    assert_token_error(site.client().send("POST", "/token", secret, lines), "invalid_client", 401)
    for wrong in (
        ":AAAA:",
        "AAAA",
        "x" * 20_000,
        lines["Client-Cert"] + "," + lines["Client-Cert"],
    ):
        answer = site.client().send("POST", "/token", form, {"Client-Cert": wrong})
        assert_token_error(answer, "invalid_client", 401)
    other = site.application("other", grant_types=["client_credentials"])
    assert_token_error(authority.gives().ask(site, "/token", other, OWN), "invalid_client", 401)


def test_what_a_stranger_says_of_a_certificate_counts_for_nothing(
    tmp_path: Path, authority: Authority
) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = made(tmp_path, url, authority, mutual_tls__proxies="192.0.2.7,2001:db8::/32")
    app, shown = payroll(site), authority.gives()
    refused(site, app, shown, "none of mutual_tls.proxies")
    site.close()


@pytest.mark.slow
def test_the_proxy_vouches_where_it_is_to(tmp_path: Path, authority: Authority) -> None:
    """Its word alone, or its word and our look: never less than what the settings name."""
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    says = {"mutual_tls__verified_header": "X-Verified"}
    shown = authority.gives()
    for settings, certificate, word, right in (
        (says | {"mutual_tls__ca_bundle": ""}, self_signed(), "SUCCESS", True),
        (says | {"mutual_tls__ca_bundle": ""}, shown, "0", True),
        (says | {"mutual_tls__ca_bundle": ""}, shown, "FAILED:certificate has expired", False),
        (says | {"mutual_tls__ca_bundle": ""}, shown, None, False),
        (says, shown, "SUCCESS", True),
        (says, shown, "NONE", False),
        (says, self_signed(), "SUCCESS", False),
    ):
        site = made(tmp_path, url, authority, **settings)
        site.begin_anew()
        app = payroll(site)
        lines = certificate.lines | ({} if word is None else {"X-Verified": word})
        form = {"client_id": app.client_id, **OWN}
        answer = site.client().send("POST", "/token", form, lines)
        assert (answer.status == 200) is right, (settings, word, answer.text)
        site.close()


def test_a_self_signed_certificate_is_one_of_the_clients_keys(lone: Site) -> None:
    site, mine, other = lone, self_signed(), self_signed()
    app = payroll(site, token_endpoint_auth_method="self_signed_tls_client_auth", jwks=mine.jwks)
    assert mine.ask(site, "/token", app, OWN).status == 200
    refused(site, app, other, "none of this client's keys")


def test_a_public_client_may_bind_its_tokens_to_a_certificate_of_the_moment(lone: Site) -> None:
    site, shown, thief = lone, self_signed(), self_signed()
    site.person("tane")
    app = site.application("spa", public=True, tls_client_certificate_bound_access_tokens=True)
    one = code(site, app, scope=OFFLINE)
    assert_token_error(site.redeem(app, one), "invalid_request")
    token = shown.ask(site, "/token", app, app.redemption(one)).json
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    assert_token_error(thief.ask(site, "/token", app, form), "invalid_grant")
    again = shown.ask(site, "/token", app, form)
    assert again.status == 200
    assert shown.open(site, again.json["access_token"]).status == 200
    assert thief.open(site, again.json["access_token"]).status == 401


def test_the_api_of_the_provider_demands_the_certificate(lone: Site, authority: Authority) -> None:
    site, shown, thief = lone, authority.gives(), authority.gives()
    app = payroll(
        site,
        tls_client_certificate_bound_access_tokens=True,
        api_scopes=["acrux:people:read"],
    )
    token = shown.ask(site, "/token", app, OWN).json["access_token"]
    assert shown.open(site, token, "/api/v1/people").status == 200
    stolen = thief.open(site, token, "/api/v1/people")
    assert (stolen.status, stolen.headers["WWW-Authenticate"][:6]) == (401, "Bearer")
    both = Prover(site).send("POST", "/token", {"client_id": "payroll", **OWN}, shown.lines)
    assert_token_error(both, "invalid_dpop_proof")


def test_the_stricter_profile_takes_certificates_for_both(lone: Site, authority: Authority) -> None:
    """FAPI 2.0 section 5.3.2.1: known by mutual TLS, and tokens bound by it and not by DPoP."""
    site, shown = lone, authority.gives()
    site.person("tane")
    data: dict[str, Any] = {"profile": "fapi2", "id_token_signed_response_alg": "ES256"}
    data |= {"redirect_uris": ["https://app.example.org/cb"], "scope": None}
    app = payroll(site, tls_client_certificate_bound_access_tokens=True, **data)
    pushed = shown.ask(site, "/par", app, app.request())
    browser = site.browser()
    browser.open("/authorize", client_id=app.client_id, request_uri=pushed.json["request_uri"])
    one = browser.sign_in("tane").query["code"]
    answer = shown.ask(site, "/token", app, app.redemption(one))
    assert (answer.status, answer.json["token_type"]) == (200, "Bearer")
    assert shown.open(site, answer.json["access_token"]).status == 200
    # Without that member the profile binds to a key, as ever.
    known = {"token_endpoint_auth_method": "tls_client_auth", SUBJECT: "CN=payroll"}
    keyed = site.application("keyed", grant_types=[OWN["grant_type"]], **data | known)
    assert_token_error(shown.ask(site, "/token", keyed, OWN), "invalid_dpop_proof")


@pytest.mark.slow
def test_no_certificate_however_odd_is_more_than_a_refusal(
    lone: Site, authority: Authority
) -> None:
    """Bytes of real ones changed at random: by a proxy that checks nothing."""
    reader = Certificates(lone.installation.settings.mutual_tls)
    mother = [authority.gives("CN=payroll", x509.DNSName("pay.a.nz")).der, self_signed().der]
    rng, seen = random.Random(8705), 0
    for number in range(3000):
        der = bytearray(mother[number % 2])
        for _ in range(rng.randint(1, 3)):
            der[rng.randrange(len(der))] = rng.randrange(256)
        text = f":{base64.b64encode(der).decode()}:"
        environ = {"REQUEST_METHOD": "POST", "HTTP_CLIENT_CERT": text, "REMOTE_ADDR": "127.0.0.1"}
        with suppress(NoCertificate):
            shown = reader.shown(PlainRequest(environ, 1))
            seen += 1
            assert not shown.vouched or bytes(der) in mother
            for member, value in (
                (SUBJECT, "CN=payroll"),
                (names.DNS, "pay.a.nz"),
                (names.IP, "::1"),
            ):
                names.is_called(shown.certificate, member, value)
    assert seen > 500


# -- where it is registered and told


def test_certificates_are_told_of_where_somebody_says_which_came(
    tmp_path: Path, authority: Authority
) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    methods = "token_endpoint_auth_methods_supported"
    rows: tuple[tuple[dict[str, str], tuple[bool, bool]], ...] = (
        ({}, (True, True)),
        ({"mutual_tls__ca_bundle": ""}, (False, True)),
        ({"mutual_tls__ca_bundle": "", "mutual_tls__proxies": ""}, (False, False)),
    )
    for settings, offered in rows:
        site = made(tmp_path, url, authority, **settings)
        found = site.client().send("GET", "/.well-known/openid-configuration").json
        names = ("tls_client_auth", "self_signed_tls_client_auth")
        assert tuple(name in found[methods] for name in names) == offered
        bound = found.get("tls_client_certificate_bound_access_tokens")
        assert (bound, "mtls_endpoint_aliases" in found) == (offered[1] or None, False)
        site.close()


def test_a_host_of_its_own_for_certificates_is_told_and_called(
    tmp_path: Path, authority: Authority
) -> None:
    url, place = f"sqlite:///{tmp_path / 'acrux.db'}", "https://mtls.example.org"
    site = made(tmp_path, url, authority, mutual_tls__address=place)
    found = site.client().send("GET", "/.well-known/openid-configuration").json
    assert found["mtls_endpoint_aliases"]["token_endpoint"] == f"{place}/token"
    assert set(found["mtls_endpoint_aliases"]) <= set(found)
    # Known by a certificate, bound to a key: its proof is for the address that it calls.
    app, prover = payroll(site), Prover(site)
    form, lines = {"client_id": app.client_id, **OWN}, authority.gives().lines
    answer = prover.send("POST", "/token", form, lines, htu=f"{place}/token")
    assert (answer.status, answer.json["token_type"]) == (200, "DPoP")
    strange = prover.send("POST", "/token", form, lines, htu="https://evil.example/token")
    assert_token_error(strange, "invalid_dpop_proof")
    site.close()


# -- names


def named(*rdns: tuple[tuple[Any, str], ...]) -> x509.Name:
    """Return a subject from its parts in the order of the certificate."""
    return x509.Name(
        [x509.RelativeDistinguishedName([x509.NameAttribute(*one) for one in rdn]) for rdn in rdns]
    )


CN, O, OU, C = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.COUNTRY_NAME  # fmt: skip  # noqa: E741, E501
PLAIN = named(((C, "NZ"),), ((O, "A, B"),), ((CN, "pay"),))
JOINED = named(((O, "A"),), ((CN, "pay"), (OU, "x")))
SUBJECTS: tuple[tuple[x509.Name, str, bool], ...] = (
    (PLAIN, r"CN=pay,O=A\, B,C=NZ", True),
    (PLAIN, r"CN=pay,O=A\2C B,C=NZ", True),
    (PLAIN, r"cn=pay, o=A\, B, c=NZ", True),
    (PLAIN, r"2.5.4.3=pay,O=A\, B,C=NZ", True),
    (PLAIN, r"C=NZ,O=A\, B,CN=pay", False),
    (PLAIN, r"CN=PAY,O=A\, B,C=NZ", False),
    (PLAIN, "CN=pay", False),
    (PLAIN, r"CN=pay,O=A\, B", False),
    (PLAIN, r"CN=pay,O=A,O=B,C=NZ", False),
    (JOINED, "CN=pay+OU=x,O=A", True),
    (JOINED, "OU=x+CN=pay,O=A", True),
    (JOINED, "CN=pay,OU=x,O=A", False),
    (JOINED, "CN=pay,O=A", False),
    (named(((CN, "pay,O=A"),)), "CN=pay,O=A", False),
    (named(((CN, "pay,O=A"),)), r"CN=pay\,O=A", True),
    (named(((CN, "a+OU=b"),)), "CN=a+OU=b", False),
    (named(((CN, "Māori"),)), r"CN=M\C4\81ori", True),
    (named(((NameOID.EMAIL_ADDRESS, "a@b.nz"), (CN, "a"))), "emailAddress=a@b.nz+CN=a", True),
)


@pytest.mark.parametrize(("subject", "registered", "right"), SUBJECTS)
def test_a_subject_is_the_one_registered_whole_and_in_its_order(
    authority: Authority, subject: x509.Name, registered: str, *, right: bool
) -> None:
    certificate = authority.gives(subject).certificate
    assert names.is_called(certificate, SUBJECT, registered) is right


ALTERNATIVES: tuple[tuple[x509.GeneralName, str, str, bool], ...] = (
    (x509.DNSName("pay.a.nz"), names.DNS, "Pay.a.nz", True),
    (x509.DNSName("*.a.nz"), names.DNS, "pay.a.nz", False),
    (x509.DNSName("pay.a.nz.evil.nz"), names.DNS, "pay.a.nz", False),
    (x509.DNSName("https://a.nz/pay"), names.URI, "https://a.nz/pay", False),
    (x509.UniformResourceIdentifier("https://a.nz/pay"), names.URI, "https://a.nz/pay", True),
    (x509.UniformResourceIdentifier("https://a.nz/Pay"), names.URI, "https://a.nz/pay", False),
    (x509.IPAddress(ip_address("2001:db8::1")), names.IP, "2001:DB8:0::1", True),
    (x509.DNSName("192.0.2.1"), names.IP, "192.0.2.1", False),
    (x509.RFC822Name("pay@a.nz"), names.EMAIL, "pay@A.nz", True),
    (x509.RFC822Name("Pay@a.nz"), names.EMAIL, "pay@a.nz", False),
)


@pytest.mark.parametrize(("name", "member", "registered", "right"), ALTERNATIVES)
def test_an_alternative_name_is_of_its_kind_and_whole(
    authority: Authority, name: x509.GeneralName, member: str, registered: str, *, right: bool
) -> None:
    certificate = authority.gives("CN=x", x509.DNSName("other.nz"), name).certificate
    assert names.is_called(certificate, member, registered) is right
    assert not names.is_called(authority.gives().certificate, member, registered)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        (SUBJECT, "payroll"),
        (SUBJECT, ","),
        (SUBJECT, "CN=pay;O=A"),
        (SUBJECT, "XX=pay"),
        (names.DNS, "*.a.nz"),
        (names.IP, "a.nz"),
        (names.EMAIL, "a.nz"),
        (names.URI, "pay"),
    ],
)
def test_a_name_that_no_certificate_can_have_is_not_registered(member: str, value: str) -> None:
    assert names.problem(member, value) is not None


@pytest.mark.parametrize("form", ["rfc9440", "der", "pem", "blanks", "xfcc"])
def test_a_certificate_is_read_as_each_proxy_writes_it_and_two_are_not(form: str) -> None:
    shown = self_signed()
    read: Callable[[str], bytes] = forms.FORMS["pem" if form == "blanks" else form]
    text = shown.written(form)
    assert read(text) == shown.der
    for wrong in (f"{text},{text}", f"{text}, {text}", f"{text}{text}", text[:-9], "", ":", "%ff"):
        assert not readable(read, wrong)


def readable(read: Callable[[str], bytes], text: str) -> bool:
    try:
        x509.load_der_x509_certificate(read(text))
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("member", ["dpop_bound_access_tokens", key_material.BOUND])
@pytest.mark.parametrize(
    "way",
    [
        {"response_types": ["id_token token"]},
        {"response_types": ["code token"]},
        {"forward_origin": "https://wiki.example.org"},
    ],
    ids=str,
)
def test_whose_tokens_are_all_bound_gets_none_where_no_key_is_shown(
    small_site: Site, member: str, way: dict[str, Any]
) -> None:
    legacy = replace(offer(small_site.installation, ("RS256",)), legacy=True)
    data = {"redirect_uris": ["https://app.example.org/cb"], member: True, **way}
    assert any(problem.member == member for problem in metadata.problems(data, legacy))
