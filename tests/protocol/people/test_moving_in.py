"""People move in with their passwords and apps: files of hashes, and exports of other products."""

import base64
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from argon2 import PasswordHasher

from idp.authenticators.foreign import schemes
from idp.authenticators.hash_costs import cost_of
from idp.store import credentials, people
from tests.protocol.command import Acrux
from tests.support.foreign_hashes import (
    PASSWORD,
    STRONG,
    WEAK,
)
from tests.support.site import Answer, Browser, Site

OTHER = "another harbour lantern"
KEY = b"abcdefghijklmnopqrst"
SECRET = base64.b32encode(KEY).decode()


def bring(site: Site, name: str, text: str, *words: str) -> dict[str, Any]:
    """Import a file; return the report."""
    file = site.folder / name
    file.write_text(text)
    return dict(Acrux(site.environ).json("user", "import", str(file), *words))


def refused(site: Site, name: str, text: str, *words: str) -> str:
    file = site.folder / name
    file.write_text(text)
    return Acrux(site.environ).refused("user", "import", str(file), *words)


def lines(*rows: Mapping[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def person(username: str, **more: Any) -> dict[str, Any]:
    return {"username": username, "email": f"{username}@example.org", "verified": True, **more}


def signing_in(site: Site, name: str, password: str = PASSWORD) -> tuple[Browser, Answer]:
    browser = site.browser()
    browser.authorize(site.application())
    return browser, browser.sign_in(name, password)


def signed_in(site: Site, name: str, password: str = PASSWORD) -> bool:
    return "code" in signing_in(site, name, password)[1].query


def stored(site: Site, name: str) -> str:
    """Return the hash of somebody's password as it is at rest, opened."""
    with site.work() as work:
        found = people.by_name(work, name)
        assert found is not None
        [row] = credentials.of(work, found.id, "password")
        return site.installation.keyring.open(row.secret, row.place).decode()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["php bcrypt", "openldap ssha", "asp.net identity v3"])
def test_somebody_signs_in_with_the_password_of_before_and_then_it_is_hashed_as_ours_are(
    site: Site, kind: str
) -> None:
    text = {**STRONG, **WEAK}[kind]
    bring(site, "people.jsonl", lines(person("aroha", password_hash=text)))
    before = stored(site, "aroha")
    assert not signed_in(site, "aroha", OTHER)
    assert stored(site, "aroha") == before
    assert signed_in(site, "aroha")
    after = stored(site, "aroha")
    assert after.startswith("$argon2id$")
    assert cost_of(after) != cost_of(before) or before.startswith("$wrapped$")
    assert signed_in(site, "aroha")
    [event] = site.events(kind="person:factor:added")
    assert event.reason == "password, imported from people.jsonl"


@pytest.mark.slow
def test_an_app_that_was_set_up_there_gives_codes_here(small_site: Site) -> None:
    site = small_site
    spaced = " ".join(SECRET[i : i + 4].lower() for i in range(0, len(SECRET), 4))
    row = person("aroha", password_hash=STRONG["php bcrypt"], totp_secret=spaced)
    bring(site, "people.jsonl", lines(row))
    browser = site.browser()
    browser.authorize(site.application(), acr_values="urn:acrux:acr:mfa")
    browser.sign_in("aroha", PASSWORD)
    assert browser.submit("/totp", code=site.code(SECRET)).query["code"]


def test_a_number_is_as_proved_as_the_file_says_whatever_the_address_is(small_site: Site) -> None:
    rows = [
        person("aroha", phone="021 123 4567", phone_verified=False),
        {**person("tane"), "verified": False, "phone": "021 123 4568", "phone_verified": True},
        person("mere", phone="021 123 4569"),
    ]
    bring(small_site, "people.jsonl", lines(*rows))
    with small_site.work() as work:
        found = [people.by_name(work, name) for name in ("aroha", "tane", "mere")]
    proved = [(one.email_verified, one.phone_verified) for one in found if one]
    assert proved == [(True, False), (False, True), (True, True)]


def test_whoever_is_here_keeps_their_own_password_and_app(small_site: Site) -> None:
    """Or whoever writes the file would get into every account."""
    site = small_site
    site.person("aroha", password=OTHER, totp=site.secret())
    row = person("aroha", name="Aroha", password_hash=STRONG["php bcrypt"], totp_secret=SECRET)
    bring(site, "people.jsonl", lines(row), "--update")
    assert not signed_in(site, "aroha")
    _browser, answer = signing_in(site, "aroha", OTHER)
    assert answer.status < 400
    with site.work() as work:
        found = people.by_name(work, "aroha")
        assert found is not None
        assert len(credentials.of(work, found.id, "totp")) == 1


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("password_hash", "$2b$31$" + "a" * 53, "takes too long, or too much memory, to check"),
        ("password_hash", "hunter2", "is of no form that is known"),
        ("totp_secret", "not base 32!", "is not base32"),
        ("totp_secret", "MFRGG", "must have 10 to 64 bytes"),
    ],
)
def test_what_cannot_be_taken_along_names_its_row_and_is_not_repeated(
    small_site: Site, member: str, value: str, said: str
) -> None:
    rows = [person("aroha"), person("tane", **{member: value})]
    line = refused(small_site, "people.jsonl", lines(*rows))
    assert line.startswith("nothing was imported: line 2: tane: ")
    assert said in line
    assert value not in line
    with small_site.work() as work:
        assert people.by_name(work, "aroha") is None


def test_a_file_brings_no_more_kinds_of_hash_than_a_wrong_answer_can_be_checked_by(
    small_site: Site,
) -> None:
    kinds = [f"$2b${cost}$" + "a" * 53 for cost in range(10, 15)]
    more = [*kinds, "$6$rounds=2000$saltysalt$" + "." * 86]
    rows = [person(f"p{n}", password_hash=text) for n, text in enumerate(more)]
    line = refused(small_site, "people.jsonl", lines(*rows))
    assert line.startswith("nothing was imported: line 6: p5: there are 6 kinds of password hashes")


@pytest.mark.slow
def test_a_wrong_answer_takes_the_same_for_who_moved_in_who_did_not_and_nobody(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = small_site
    site.person("mere", password=OTHER)
    texts = [STRONG["php bcrypt"], STRONG["werkzeug scrypt"], WEAK["openldap ssha"]]
    texts += [WEAK["asp.net identity v3"]]
    rows = [person(f"p{n}", password_hash=text) for n, text in enumerate(texts)]
    bring(site, "people.jsonl", lines(*rows))
    site.advance(61)
    work: list[str] = []
    derived, verify = schemes.derived, PasswordHasher.verify

    def slow(scheme: str, parameters: str, *given: Any) -> bytes:
        if scheme not in schemes.FAST:
            work.append(f"{scheme}${parameters}")
        return derived(scheme, parameters, *given)

    def ours(self: PasswordHasher, text: str, password: str) -> bool:
        work.append(cost_of(text))
        return verify(self, text, password)

    monkeypatch.setattr(schemes, "derived", slow)
    monkeypatch.setattr(PasswordHasher, "verify", ours)
    seen = []
    for name in ("p0", "p1", "p2", "p3", "mere", "nobody"):
        site.advance(901)
        work.clear()
        signing_in(site, name, "wrong guess")
        seen.append(Counter(work))
    assert all(one == seen[-1] for one in seen), seen
    assert len(seen[-1]) == 4


def test_whoever_brings_a_password_is_not_invited_to_choose_one(small_site: Site) -> None:
    rows = [person("aroha", password_hash=STRONG["php bcrypt"]), person("tane")]
    report = bring(small_site, "people.jsonl", lines(*rows), "--invite")
    assert [row["invited"] for row in report["rows"]] == [False, True]


def test_a_table_brings_hashes_too(small_site: Site) -> None:
    text = f"username,email,password_hash\naroha,aroha@example.org,{WEAK['openldap ssha']}\n"
    bring(small_site, "people.csv", text)
    assert signed_in(small_site, "aroha")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("people.jsonl", '{"username": "a"\n', "is not JSON: line 1"),
        ("people.jsonl", "[" * 5000, "is not JSON"),
        ("people.json", "[1, 2]", "the header names no column for username or email"),
        ("people.jsonl", '{"shoe": 42}\n', "the header names no column"),
        (
            "people.jsonl",
            '{"username": "a", "email": "a@example.org"}\n7\n',
            "line 2: ?: it is no object",
        ),
    ],
)
def test_a_file_that_is_no_json_of_people_says_so(
    small_site: Site, name: str, text: str, said: str
) -> None:
    assert said in refused(small_site, name, text)
