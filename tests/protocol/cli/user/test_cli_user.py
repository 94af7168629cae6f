"""`acrux user`: people are added with checked values, found, switched off and on."""

import pytest

from tests.protocol.command import Acrux
from tests.support.site import PASSWORD, Browser, Site

GOOD = "harbour lantern sixpence moss"


def test_a_person_is_added_in_normal_form(acrux: Acrux) -> None:
    added = acrux.json(
        *("user", "add", "AROHA", "--email", "Aroha@Example.ORG", "--name", " Aroha  Ngata "),
        *("--phone", "021 123 4567", "--type", "staff", "--verified", "--role", "auditor"),
    )
    shown = acrux.json("user", "show", "aroha")
    assert shown["sub"] == added["sub"]
    assert shown | {"created_at": None} == {
        "sub": added["sub"],
        "username": "aroha",
        "name": "Aroha Ngata",
        "email": "aroha@example.org",
        "email_verified": True,
        "phone": "+64211234567",
        "phone_verified": True,
        "type": "staff",
        "roles": ["auditor"],
        "groups": [],
        "methods": [],
        "state": "on",
        "created_at": None,
        "factors": [],
    }
    event = acrux.events(kind="operator:person:added")[0]
    assert event["person"] == added["sub"]
    assert event["source"].startswith("cli:")


def test_somebody_is_found_by_name_address_and_sub(small_acrux: Acrux) -> None:
    sub = small_acrux.json("user", "add", "aroha", "--email", "a@example.org")["sub"]
    for name in ("Aroha", "A@example.org", sub):
        assert small_acrux.json("user", "show", name)["sub"] == sub
    assert small_acrux.refused("user", "show", "who") == "there is nobody called 'who'"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("a b", "--email", "a@example.org"), "'a b' is no user name"),
        (("a@b", "--email", "a@example.org"), "'a@b' is no user name"),
        (("a", "--email", "nothing"), "'nothing' is no e-mail address"),
        (("a", "--email", "a@example.org", "--phone", "123"), "'123' is no mobile number"),
        (("a", "--email", "a@example.org", "--type", "a b"), "'a b' is no user type"),
        (("a", "--email", "a@example.org", "--name", "x" * 201), "too long"),
        (("a", "--email", "a@example.org", "--name", "x\x1b[2J"), "unprintable"),
    ],
)
def test_a_wrong_value_is_refused_and_nobody_is_added(
    small_acrux: Acrux, words: tuple[str, ...], says: str
) -> None:
    assert says in small_acrux.refused("user", "add", *words)
    assert small_acrux.json("user", "list") == []


def test_names_and_addresses_belong_to_one_person(acrux: Acrux) -> None:
    acrux("user", "add", "aroha", "--email", "a@example.org")
    for name, email in (("aroha", "b@example.org"), ("bella", "A@example.org")):
        assert "belongs to somebody" in acrux.refused("user", "add", name, "--email", email)
    assert len(acrux.json("user", "list")) == 1


def test_a_password_is_read_from_standard_input_and_never_shown(acrux: Acrux) -> None:
    said = acrux(
        *("user", "add", "aroha", "--email", "a@example.org", "--password-stdin"),
        stdin=GOOD + "\nthe next line is not read\n",
    )
    assert GOOD not in said
    assert acrux.json("user", "show", "aroha")["methods"] == ["password"]
    assert [e["event"] for e in acrux.events(person="aroha")] == [
        "operator:person:added",
        "operator:password:set",
    ]
    assert GOOD not in acrux("audit", "export")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("short\n", "at least 15 characters"),
        ("aroha@example.org\n", "lists that attackers try first"),
        ("aaaaaaaaaaaaaaaaaaaa\n", "would be guessed soon"),
        ("\n", "no password on standard input"),
        ("", "no password on standard input"),
        (b"\xff\xfe pass word pass word\n", "not UTF-8"),
    ],
)
def test_a_bad_password_adds_nobody(small_acrux: Acrux, typed: str | bytes, says: str) -> None:
    words = ("user", "add", "aroha", "--email", "aroha@example.org", "--password-stdin")
    assert says in small_acrux.refused(*words, stdin=typed)
    assert small_acrux.json("user", "list") == []


def test_a_shorter_password_will_do_where_a_second_factor_is_enforced(small_acrux: Acrux) -> None:
    level = "urn:acrux:acr:mfa"
    stage = ("stage", "add", "--audience", "staff", "--nobody-yet", "--level", level, "--from")
    words = ("user", "add", "aroha", "--email", "a@example.org", "--password-stdin", "--type")
    small_acrux(*stage, "2040-01-01", "--id", "later")
    assert "at least 15" in small_acrux.refused(*words, "staff", stdin="vqz8-Kd!x\n")
    small_acrux(*stage, "now", "--id", "now")
    assert "at least 15" in small_acrux.refused(*words, "guest", stdin="vqz8-Kd!x\n")
    small_acrux(*words, "staff", stdin="vqz8-Kd!x\n")


def test_a_password_set_by_the_command_signs_in(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    acrux("user", "add", "aroha", "--email", "a@example.org", "--password-stdin", stdin=GOOD)
    app = small_site.application()
    browser = small_site.browser()
    browser.authorize(app)
    assert "code" in browser.sign_in("aroha", GOOD).query


def test_the_list_of_people(small_acrux: Acrux) -> None:
    for name in ("tane", "aroha"):
        small_acrux("user", "add", name, "--email", f"{name}@example.org", "--type", "staff")
    small_acrux("user", "disable", "tane")
    assert [(p["username"], p["state"]) for p in small_acrux.json("user", "list")] == [
        ("aroha", "on"),
        ("tane", "off"),
    ]
    lines = small_acrux("user", "list").splitlines()
    assert lines[0].split() == ["NAME", "E-MAIL", "TYPE", "SIGNS", "IN", "WITH", "ROLES", "STATE"]
    assert [line.split()[0] for line in lines[1:]] == ["aroha", "tane"]


def signed_in(site: Site) -> tuple[str, Browser, str]:
    """Sign tane in with offline access; return sub, browser and refresh token."""
    sub = site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, scope="openid offline_access", prompt="consent")
    answer = browser.sign_in("tane")
    while answer.text and 'name="decision"' in answer.text:
        answer = browser.submit("/consent", decision="allow")
    tokens = site.redeem(app, answer.query["code"]).json
    return sub, browser, tokens["access_token"]


def alive(site: Site, access_token: str) -> bool:
    answer = site.client().send(
        "GET", "/userinfo", headers={"Authorization": f"Bearer {access_token}"}
    )
    return bool(answer.status == 200)


@pytest.mark.slow
def test_switching_off_ends_sessions_and_tokens_at_once(site: Site) -> None:
    acrux = Acrux(site.environ)
    _, browser, token = signed_in(site)
    assert alive(site, token)
    assert acrux("user", "disable", "tane") == "tane is switched off.\n"
    assert not alive(site, token)
    assert browser.open("/account/").heading == "Sign in"
    assert browser.sign_in("tane").heading == "Your account is switched off"
    assert browser.open("/account/").heading != "Your account"
    assert acrux("user", "disable", "tane") == "tane was off.\n"
    assert acrux("user", "enable", "tane") == "tane is switched on.\n"
    assert not alive(site, token)
    kinds = [e.kind for e in site.events(person="tane") if e.kind.startswith("operator:")]
    assert kinds == ["operator:person:enabled", "operator:person:disabled"]
    back = site.browser()
    back.open("/account/")
    assert back.sign_in("tane").heading == "Your account"


@pytest.mark.slow
def test_a_new_password_ends_what_rests_on_the_old_one(site: Site) -> None:
    acrux = Acrux(site.environ)
    _, browser, token = signed_in(site)
    half_way = site.browser()
    half_way.open("/account/")
    acrux("user", "set-password", "tane", "--password-stdin", stdin=GOOD)
    assert not alive(site, token)
    assert browser.open("/account/").heading == "Sign in"
    assert half_way.sign_in("tane", PASSWORD).status == 400
    assert half_way.sign_in("tane", GOOD).heading == "Choose a new password", (
        "the operator knows it"
    )


def test_a_sign_in_under_way_cannot_finish_on_the_old_password(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("tane", totp=secret)
    browser = small_site.browser()
    browser.open("/account/")
    assert browser.sign_in("tane").heading == "Enter the code from your app"
    words = ("user", "set-password", "tane", "--password-stdin")
    Acrux(small_site.environ)(*words, stdin=GOOD)
    assert browser.totp(secret).heading == "Sign in"
