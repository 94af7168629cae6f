"""The parts of the demo: what it refuses, whom it seeds, what its inbox and its app show."""

import json
import socket
from pathlib import Path

import pytest

from idp.authenticators.password import Password
from idp.demo import authenticator, cast, inbox, launch, pay_run, seed, television, words
from idp.demo.cast import CAST, NURSE
from idp.errors import CommandError
from idp.oidc.clients.client import parse
from idp.store import people
from idp.store.oidc import clients
from tests.support.site import Site

ADDRESS = "http://localhost:5001"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"ACRUX_ENV": "production"}, "ACRUX_ENV=production"),
        ({"ACRUX_ENV": "testing"}, "ACRUX_ENV=testing"),
        ({"ACRUX_DATABASE__URL": "postgresql+psycopg://db/live"}, "ACRUX_DATABASE__URL"),
        ({"ACRUX_CONFIG": "/etc/acrux.toml"}, "ACRUX_CONFIG"),
    ],
)
def test_an_environment_of_another_installation_is_refused(
    given: dict[str, str], named: str
) -> None:
    with pytest.raises(CommandError, match=named):
        launch.environment(given, 5000)


def test_whatever_is_set_no_message_leaves_the_machine() -> None:
    given = {"ACRUX_SMS__BACKEND": "twilio", "ACRUX_MAIL__BACKEND": "smtp", "PATH": "/bin"}
    made = launch.environment(given, 5010)
    assert made["ACRUX_SMS__BACKEND"] == made["ACRUX_MAIL__BACKEND"] == "directory"
    assert made["ACRUX_ENV"] == "demo"
    assert made["ACRUX_SERVER__ISSUER"] == "http://localhost:5010"
    assert made["PATH"] == "/bin"


def test_a_database_named_for_the_demo_is_accepted() -> None:
    given = {"ACRUX_ENV": "demo", "ACRUX_DATABASE__URL": "sqlite:////tmp/demo.db"}
    assert launch.environment(given, 5000).items() >= given.items()


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_number_that_is_no_port_is_refused_in_one_line(port: int) -> None:
    with pytest.raises(CommandError, match="is no port"):
        launch.run({}, port, 5001)


def test_one_port_for_both_is_refused() -> None:
    with pytest.raises(CommandError, match="a port each"):
        launch.run({}, 5000, 5000)


def test_a_taken_port_is_named_with_the_option_that_helps() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=rf"port {port} is taken .* --port"):
            launch.run({}, port, 5001)


def test_the_seed_makes_everybody_once(small_site: Site) -> None:
    seed.seed(small_site.installation, ADDRESS)
    with small_site.work() as work:
        before = people.everyone(work)
        secret = seed.shared_secret(small_site.installation, work)
    registered = seed.seed(small_site.installation, ADDRESS)
    with small_site.work() as work:
        assert people.everyone(work) == before
        assert seed.shared_secret(small_site.installation, work) == secret
    assert registered == seed.seed(small_site.installation, ADDRESS)
    assert {p.username: p.methods - {"password"} for p in before} == {
        part.username: {part.second} - {""} for part in CAST
    }
    assert {p.username: p.email_verified for p in before} == {
        part.username: part.verified for part in CAST
    }
    assert {p.username: p.roles for p in before}["admin"] == {"admin", "auditor"}


@pytest.mark.slow
def test_everybody_can_sign_in_with_the_password_that_is_printed(small_site: Site) -> None:
    seed.seed(small_site.installation, ADDRESS)
    password = small_site.installation.signin.authenticators["password"]
    assert isinstance(password, Password)
    app = small_site.application()
    for part in CAST:
        assert password.problem(part.password, (part.username, part.name, part.email)) == ""
        browser = small_site.browser()
        browser.authorize(app)
        answer = browser.sign_in(part.username, part.password)
        asked = bool(part.second) or part.user_type == NURSE
        assert answer.location.startswith(app.redirect_uri) != asked


def test_two_people_are_told_of_a_stage_and_one_of_them_cannot_set_anything_up(
    small_site: Site,
) -> None:
    seed.seed(small_site.installation, ADDRESS)
    app = small_site.application()
    nurses = {part.username: part for part in CAST if part.user_type == NURSE}
    for name, can in (("rangi", True), ("hemi", False)):
        browser = small_site.browser()
        browser.authorize(app)
        page = browser.sign_in(name, nurses[name].password)
        assert page.heading == "A second step is coming"
        assert "Nurses see the records of patients." in page.text
        assert ("Set it up now" in page.text) is can


def test_one_scan_serves_everybody_with_an_app(small_site: Site) -> None:
    seed.seed(small_site.installation, ADDRESS)
    shown = authenticator.apps(small_site.installation)
    assert [app.username for app in shown] == ["admin", "tane"]
    assert len({app.code for app in shown}) == 1
    assert not any(app.used for app in shown)


def test_a_code_that_was_taken_is_shown_as_used(small_site: Site) -> None:
    seed.seed(small_site.installation, ADDRESS)
    app, browser = small_site.application(), small_site.browser()
    part = next(part for part in CAST if part.username == "tane")
    browser.authorize(app)
    browser.sign_in(part.username, part.password)
    # At the beginning of a step, so that it cannot end between reading and typing.
    small_site.advance(authenticator.seconds_left(authenticator.clock.now()))
    code = next(a.code for a in authenticator.apps(small_site.installation) if a.username == "tane")
    answer = browser.submit("/totp", code=words.spaced(code))
    assert small_site.claims(app, answer)["amr"] == ["pwd", "otp", "mfa"]
    used = {a.username: a.used for a in authenticator.apps(small_site.installation)}
    assert used == {"admin": False, "tane": True}


def test_the_seed_never_touches_a_database_of_other_people(small_site: Site) -> None:
    small_site.person("manaia")
    with pytest.raises(CommandError, match="other people"):
        seed.seed(small_site.installation, ADDRESS)
    with small_site.work() as work:
        assert [person.username for person in people.everyone(work)] == ["manaia"]


def test_registrations_follow_the_port_and_keep_their_secrets(small_site: Site) -> None:
    before = seed.seed(small_site.installation, ADDRESS)
    after = seed.seed(small_site.installation, "http://localhost:6001")
    assert before == after
    with small_site.work() as work:
        for one in after:
            row = clients.find(work, one.client_id)
            assert row is not None
            client = parse(row)
            # No browser ever comes back to a television.
            back = () if one.client_id in (television.CLIENT, pay_run.API) else (one.callback,)
            assert client.redirect_uris == tuple(f"http://localhost:6001{path}" for path in back)
            assert client.check_client_secret(one.secret)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_app_agrees_with_rfc_6238_appendix_b(at: int, code: str) -> None:
    assert authenticator.code("gezd gnbv-gy3t qojq GEZDGNBVGY3TQOJQ", at) == code


@pytest.mark.parametrize("text", ["", "  ", "0189", "A", "clé", "GEZDGNBVGY3TQOJQ!"])
def test_what_is_no_key_has_no_code(text: str) -> None:
    assert authenticator.code(text, 59) is None


def test_the_inbox_reads_all_channels_newest_first(tmp_path: Path) -> None:
    mere = next(part for part in CAST if part.username == "mere")
    boxes = {"sms": tmp_path / "sms", "mail": tmp_path / "mail", "none": tmp_path / "none"}
    texts = [
        ("sms", 10, mere.phone, "", "012345 is your code.\n@localhost #012345"),
        ("mail", 30, "x@demo.example", "Hello", "Nothing of +64211234567 here"),
        ("mail", 20, mere.email, "Your code", "Hello,\n\n998877\n"),
    ]
    for channel, at, to, subject, body in texts:
        content = {"to": to, "subject": subject, "body": body, "kind": "any", "at": at}
        boxes[channel].mkdir(exist_ok=True)
        (boxes[channel] / f"{at:012d}-1-a.json").write_text(json.dumps(content))
        (boxes[channel] / f".{at:012d}-2-b.json.part").write_text("{")
    found = [(m.channel, m.owner, m.code) for m in inbox.messages(boxes)]
    assert found == [("mail", None, ""), ("mail", "mere", "998877"), ("sms", "mere", "012345")]


def test_numbers_and_addresses_are_known_by_their_owner() -> None:
    assert cast.owner("tane@demo.example") == "tane"
    assert cast.owner("+64211234567") == "mere"
    assert cast.owner("None") is None


def test_times_are_told_as_people_do() -> None:
    now = 1_795_410_650
    told = [words.ago(now - passed, now) for passed in (-5, 0, 1, 59, 60, 7200, 90_000)]
    assert told == [
        *("just now", "just now", "1 second ago", "59 seconds ago"),
        *("1 minute ago", "2 hours ago", "1 day ago"),
    ]
    assert words.exact(now) == "23 November 2026, 05:10:50 UTC"
