"""`acrux user`: people are added with checked values, found, switched off and on."""

from pathlib import Path

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
    stage = ("stage", "add", "--audience", "staff", "--level", "urn:acrux:acr:mfa", "--from")
    words = ("user", "add", "aroha", "--email", "a@example.org", "--password-stdin", "--type")
    small_acrux(*stage, "2040-01-01", "--id", "later")
    assert "at least 15" in small_acrux.refused(*words, "staff", stdin="vqz8-Kd!x\n")
    small_acrux(*stage, "2020-01-01", "--id", "now")
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


CSV = """username,email,name,phone,type,verified
aroha,aroha@example.org,Aroha Ngata,021 123 4567,staff,true
tane,tane@example.org,"Tāne, the younger",,,
"""


def write(acrux: Acrux, text: str | bytes) -> str:
    file = Path(acrux.environ["ACRUX_INSTANCE__PATH"]) / "people.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def test_import_adds_everybody(acrux: Acrux) -> None:
    added = acrux.json("user", "import", write(acrux, "\ufeff" + CSV.replace("\n", "\r\n")))
    assert [person["username"] for person in added] == ["aroha", "tane"]
    found = {person["username"]: person for person in acrux.json("user", "list")}
    assert found["aroha"]["phone"] == "+64211234567"
    assert found["aroha"]["type"] == "staff"
    assert found["aroha"]["email_verified"] is True
    assert found["tane"]["name"] == "Tāne, the younger"
    assert found["tane"]["type"] == "user"
    assert found["tane"]["email_verified"] is False
    events = acrux.events(kind="operator:person:added")
    assert [event["reason"] for event in events] == ["imported from people.csv"] * 2


def test_one_wrong_line_and_nobody_is_added(acrux: Acrux) -> None:
    acrux("user", "add", "taken", "--email", "taken@example.org")
    lines = [
        "username,email,name,phone,type,verified",
        "good,good@example.org,,,,",
        "bad name,bad@example.org,,,,",
        'multi,multi@example.org,"two\nlines",,,',
        "mail,nothing,,,,",
        "phone,phone@example.org,,12,,",
        "sure,sure@example.org,,,,perhaps",
        "few,few@example.org",
        "good,second@example.org,,,,",
        "taken,fresh@example.org,,,,",
    ]
    line = acrux.refused("user", "import", write(acrux, "\n".join(lines)))
    assert line.startswith("nothing was imported: line 3: 'bad name' is no user name")
    told = [part.strip().partition(":")[0] for part in line.partition(": ")[2].split(";")]
    assert told == ["line 3", "line 6", "line 7", "line 8", "line 9", "line 10", "line 11"]
    assert [person["username"] for person in acrux.json("user", "list")] == ["taken"]
    assert len(acrux.events(kind="operator:person:added")) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: the header lacks username, email"),
        ("username,name\na,b\n", "line 1: the header lacks email"),
        ("username,email,password\na,a@example.org,x\n", "line 1: the header may have"),
        ("username,email,email\na,a@example.org,x\n", "line 1: the header may have"),
        (b"username,email\na,\xe9@example.org\n", "not UTF-8"),
        ('username,email\n"a,a@example.org\n', "is not CSV"),
    ],
)
def test_a_file_of_another_kind_is_refused(
    small_acrux: Acrux, text: str | bytes, says: str
) -> None:
    assert says in small_acrux.refused("user", "import", write(small_acrux, text))
    assert "cannot be read" in small_acrux.refused("user", "import", "no-such-file.csv")


def test_a_file_with_no_line_right_is_told_shortly(small_acrux: Acrux) -> None:
    rows = "\n".join(f"bad name {number},x,y" for number in range(100))
    line = small_acrux.refused("user", "import", write(small_acrux, "username,email\n" + rows))
    assert line.endswith("; and 80 more")
