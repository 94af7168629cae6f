"""A check finds each comparison that an application does not make, and none that it makes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.rp_check import ownership
from idp.rp_check.asked import NotCheckedError
from idp.rp_check.cases import CASES
from idp.rp_check.walk import Browser
from tests.protocol.command import Acrux
from tests.protocol.rp_check.party import Party, running
from tests.support.site import Site, free_port
from tests.support.stand_ins.listener import Listener, QuietHandler

pytestmark = pytest.mark.slow

TOKEN = {case.name for case in CASES if case.name.startswith("id-token-")}
# What is left out: all that the application then takes, beside what it takes anyway.
LEFT_OUT = {
    "issuer": {"id-token-wrong-issuer"},
    "audience": {"id-token-wrong-audience", "id-token-other-party"},
    "expiry": {"id-token-expired", "id-token-without-expiry"},
    "signature": {
        "id-token-unsigned",
        "id-token-without-signature",
        "id-token-changed",
        "id-token-by-another-key",
        "id-token-with-its-own-key",
        "id-token-by-the-public-key",
    },
    "nonce": {"nonce-missing", "nonce-wrong"},
    "acr": {"acr-too-low", "acr-missing"},
    "age": {"sign-in-too-old", "auth-time-missing"},
    "at_hash": {"id-token-wrong-at-hash"},
    "userinfo": {"userinfo-of-another"},
    "state": {"state-missing", "state-wrong", "state-used-again"},
    "state use": {"state-used-again"},
    "iss": {"issuer-wrong", "issuer-missing"},
    "id_token": TOKEN
    | {"nonce-missing", "nonce-wrong", "acr-too-low", "acr-missing"}
    | {"sign-in-too-old", "auth-time-missing", "userinfo-of-another"},
}


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def party(small_site: Site, port: int) -> Iterator[Party]:
    own = free_port()
    found = Party(f"http://localhost:{port}", f"http://localhost:{own}")
    small_site.application("party", redirect_uris=[f"{found.at}/callback"])
    found.word = ownership.word(small_site.installation.keyring, "party")
    with running(found, own):
        yield found


@pytest.fixture
def acrux(small_site: Site) -> Acrux:
    return Acrux(small_site.environ)


def words(party: Party, port: int, *more: str) -> tuple[str, ...]:
    begin = ("--start", f"{party.at}/login", "--page", f"{party.at}/me")
    return ("rp-check", "party", *begin, "--bind", f"127.0.0.1:{port}", "--wait", "0", *more)


def taken(acrux: Acrux, party: Party, port: int) -> set[str]:
    """Return the names of what the application takes."""
    report = json.loads(acrux.run(*words(party, port, "--json")).stdout)
    return {case["name"] for case in report["cases"] if case["verdict"] == "accepted"}


def test_an_application_that_compares_everything_takes_nothing(
    acrux: Acrux, party: Party, port: int
) -> None:
    said = acrux(*words(party, port))
    assert f"\n{len(CASES)} refused, 0 accepted, 0 left out." in said


# One check for several that do not touch each other: each takes seconds.
@pytest.mark.parametrize(
    "names",
    [
        ("issuer", "expiry", "acr", "state use"),
        ("audience", "nonce", "at_hash", "iss"),
        ("signature", "userinfo", "age"),
        ("state",),
        ("id_token",),
    ],
    ids=" ".join,
)
def test_each_comparison_that_is_left_out_is_found(
    acrux: Acrux, party: Party, port: int, names: tuple[str, ...]
) -> None:
    party.left_out = set(names)
    assert taken(acrux, party, port) == set().union(*(LEFT_OUT[name] for name in names))


def test_what_is_asked_for_decides_what_is_tried(acrux: Acrux, party: Party, port: int) -> None:
    party.words_of_request = dict.fromkeys(
        ("nonce", "acr_values", "max_age", "code_challenge", "code_challenge_method"), ""
    )
    party.left_out = {"nonce", "acr", "age"}
    result = acrux.run(*words(party, port, "--json"))
    report = json.loads(result.stdout)
    left = {case["name"] for case in report["cases"] if case["verdict"] == "left out"}
    assert left == LEFT_OUT["nonce"] | LEFT_OUT["acr"] | LEFT_OUT["age"]
    assert report["accepted"] == ["code-of-another"]
    assert result.exit_code == 1
    assert any("no nonce" in note for note in report["notes"])
    assert any("PKCE" in note for note in report["notes"])


def test_what_it_takes_is_named_with_what_mends_it(acrux: Acrux, party: Party, port: int) -> None:
    party.left_out = {"nonce"}
    more = ("--only", "nonce-wrong", "--only", "acr-missing", "--library", "openid-client")
    result = acrux.run(*words(party, port, *more))
    assert "ACCEPTED  nonce-wrong" in result.stdout
    assert "refused   acr-missing" in result.stdout
    assert "expectedNonce" in result.stdout
    assert result.stderr.endswith("acrux: it takes 1 of what it must refuse\n")


def test_a_form_that_brings_the_answer_is_brought(acrux: Acrux, party: Party, port: int) -> None:
    # A cookie that comes with a form of another site is not sent by any browser without this.
    party.words_of_request = {"response_mode": "form_post"}
    report = acrux.json(*words(party, port, "--only", "state-wrong"))
    assert [case["verdict"] for case in report["cases"]] == ["refused"]


def test_nobody_checks_what_is_not_theirs(acrux: Acrux, party: Party, port: int) -> None:
    right, party.word = party.word, "another"
    said = acrux.refused(*words(party, port))
    assert f"{party.at}/.well-known/acrux-rp-check say {right}" in said
    for address in ("http://localhost:1/login", "http://169.254.169.254/"):
        said = acrux.refused("rp-check", "party", "--start", address)
        assert "is at no address registered for party" in said
    assert "no application is registered" in acrux.refused("rp-check", "nobody")
    assert "no application is registered" in acrux.refused("rp-check", "http://localhost:1/")


def test_an_address_is_enough_where_one_application_has_it(
    acrux: Acrux, small_site: Site, party: Party, port: int
) -> None:
    line: tuple[str, ...] = (
        "rp-check",
        f"{party.at}/login",
        "--page",
        f"{party.at}/me",
        "--wait",
        "0",
    )
    line += ("--bind", f"127.0.0.1:{port}", "--only", "refusal")
    assert "1 refused, 0 accepted" in acrux(*line)
    small_site.application("twin", redirect_uris=[f"{party.at}/callback"])
    assert "of several: name one with --client" in acrux.refused(*line)
    assert "1 refused, 0 accepted" in acrux(*line, "--client", "party")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"response_type": "id_token"}, "only the code flow"),
        ({"response_mode": "fragment"}, "response_mode='fragment'"),
        ({"client_id": "somebody"}, "calls itself 'somebody'"),
        ({"redirect_uri": "https://elsewhere.example/"}, "is not registered"),
        ({"request": "x.y.z"}, "request object"),
    ],
)
def test_what_cannot_be_checked_is_said(
    acrux: Acrux, party: Party, port: int, changes: dict[str, str], said: str
) -> None:
    party.words_of_request = changes
    result = acrux.run(*words(party, port))
    assert result.exit_code == 1
    assert "nothing can be told" in result.stderr
    assert said in result.stderr


def test_a_page_that_looks_the_same_for_everyone_tells_nothing(
    acrux: Acrux, party: Party, port: int
) -> None:
    result = acrux.run(*words(party, port, "--page", f"{party.at}/.well-known/acrux-rp-check"))
    assert "looks the same for somebody who signed in and for nobody" in result.stderr
    assert result.exit_code == 1


def test_neither_codes_nor_tokens_are_printed(acrux: Acrux, party: Party, port: int) -> None:
    party.left_out = {"nonce"}
    result = acrux.run(*words(party, port, "--only", "nonce-wrong"))
    for text in ("code=", "eyJ", "access_token", party.word):
        assert text not in result.output


def test_the_table_of_the_document_is_that_of_the_cases() -> None:
    lines = (Path(__file__).parents[3] / "docs/rp-check.md").read_text().splitlines()
    told = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert told == [case.name for case in CASES]


class Odd(QuietHandler):
    """An application that leads to no address, and speaks in no known letters."""

    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", "https://[x/")
        self.send_header("Content-Type", "text/html; charset=nonsense")
        self.send_header("Content-Length", "1")
        self.end_headers()
        self.wfile.write(b"?")


def test_what_an_application_answers_is_read_or_said_to_be_unreadable() -> None:
    with Listener(Odd) as listener:
        at = f"http://localhost:{listener.port}"
        browser = Browser(frozenset({at}), "https://issuer.invalid", verify=True)
        assert browser.get(f"{at}/").text == "?"
        with pytest.raises(NotCheckedError, match="redirects to what is no address"):
            browser.get(f"{at}/away")
