"""`acrux stage mail`, `stage notices`, `notices bounced`: own words, numbers, the call list."""

import pytest

from idp import clock
from idp.policy.rollout import Strength
from idp.store import next_sign_in
from tests.protocol.command import Acrux
from tests.protocol.rollout.mails.ahead import change, in_days, look, planned
from tests.support.letters import delivered
from tests.support.site import MFA, Site
from tests.support.stand_ins.smtp import FakeMailServer

BODY = "Kia ora {name},\n\nab {date} bei {brand}:\n\n{link}\n\n{support}\n"


def own_words(site: Site, stage_id: str, body: str = BODY, *more: str) -> tuple[str, ...]:
    file = site.folder / "body.txt"
    file.write_text(body, encoding="utf-8")
    words = ("--language", "de", "--subject", "Neu ab {date}", "--body-file", str(file))
    return ("stage", "mail", stage_id, *words, *more)


@pytest.mark.slow
def test_own_words_are_mailed_to_those_who_speak_the_language(small_site: Site) -> None:
    acrux = Acrux(small_site.environ | {"ACRUX_BRAND__SUPPORT_EMAIL": "help@example.org"})
    stage_id = planned(small_site, enforce_at=4_000_000_000 // 86400 * 86400)
    assert "Every mail" in acrux(*own_words(small_site, stage_id))
    shown = acrux("stage", "notices", stage_id, "--preview", "--language", "de")
    assert shown == (
        "Subject: Neu ab Dienstag, 2. Oktober 2096\n\nKia ora Aroha,\n\n"
        f"ab Dienstag, 2. Oktober 2096 bei Acrux:\n\n{small_site.issuer}/account/ways\n\n"
        "Wenn Sie Hilfe brauchen, schreiben Sie an help@example.org.\n"
    )
    assert "From Tuesday, 2 October 2096" in acrux("stage", "notices", stage_id, "--preview")
    person = small_site.person("aroha")
    small_site.person("bella")
    with small_site.work() as work:
        next_sign_in.set_locale(work, person, "de")
    look(small_site)
    subjects = {m["to"]: m["subject"] for m in delivered(small_site)}
    assert subjects["aroha@example.org"] == "Neu ab Dienstag, 2. Oktober 2096"
    assert subjects["bella@example.org"].startswith("From Tuesday")
    acrux("stage", "mail", stage_id, "--language", "de", "--reset")
    assert "Ab Dienstag" in acrux("stage", "notices", stage_id, "--preview", "--language", "de")
    assert "no words of its own" in acrux.refused(
        "stage", "mail", stage_id, "--language", "de", "--reset"
    )
    kinds = [event["event"] for event in acrux.events()]
    assert kinds.count("operator:stage-words:changed") == 2


def test_own_words_stand_in_order_whatever_is_filled_in(small_site: Site) -> None:
    acrux, stage_id = Acrux(small_site.environ), planned(small_site)
    acrux(*own_words(small_site, stage_id, "Kia ora {name}\n\n{link}\n\n{support}\n\nTeam\n"))
    name = "Aroha\r\n\r\nSee http://evil.example " + "x" * 200
    person = small_site.person("aroha", name=name)
    with small_site.work() as work:
        next_sign_in.set_locale(work, person, "de")
    look(small_site)
    body = small_site.messages("mail")[-1]["body"]
    first, _, rest = body.partition("\n")
    assert first == "Kia ora Aroha See http://evil.example " + "x" * 49 + "…"
    assert rest == (
        f"\n{small_site.issuer}/account/ways\n\n"
        "Wenn Sie Hilfe brauchen, fragen Sie die Personen, die Ihr Konto betreuen.\n\nTeam\n"
    )


def test_words_with_a_date_are_not_said_of_a_stage_that_has_none(small_site: Site) -> None:
    acrux, stage_id = Acrux(small_site.environ), planned(small_site)
    acrux(*own_words(small_site, stage_id))
    preview = ("stage", "notices", stage_id, "--preview", "--language", "de")
    assert acrux(*preview).startswith("Subject: Neu ab ")
    change(small_site, stage_id, strength=Strength.RECOMMENDED, enforce_at=None)
    assert acrux(*preview).startswith("Subject: Acrux empfiehlt einen zweiten Schritt")
    line = acrux.refused(*own_words(small_site, stage_id))
    assert "This stage has no date: leave {date} out." in line
    acrux(*own_words(small_site, stage_id, "Kia ora {name}\n\n{link}\n"), "--subject", "Neu")
    assert acrux(*preview).startswith("Subject: Neu\n\nKia ora Aroha\n")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "{link} {firstname} {Name}",
            "Nothing stands for {Name}, {firstname} here. You can",
        ),
        ("{link} {}", "Nothing stands for {} here"),
        ("{date}", "Write {link} where"),
        ("", "Write a text, of at most 8000"),
    ],
)
def test_a_text_that_cannot_be_filled_in_is_refused(small_site: Site, body: str, said: str) -> None:
    acrux, stage_id = Acrux(small_site.environ), planned(small_site)
    assert said in acrux.refused(*own_words(small_site, stage_id, body))


def test_a_subject_has_no_link(small_site: Site) -> None:
    acrux, stage_id = Acrux(small_site.environ), planned(small_site)
    line = acrux.refused(*own_words(small_site, stage_id), "--subject", "{link}")
    assert "Nothing stands for {link} here. You can use {name}, {date}, {brand}." in line


def test_one_kind_of_mail_has_words_of_its_own(small_site: Site) -> None:
    acrux, stage_id = Acrux(small_site.environ), planned(small_site)
    acrux(*own_words(small_site, stage_id), "--kind", "today")
    preview = ("stage", "notices", stage_id, "--preview", "--language", "de")
    assert acrux(*preview, "--kind", "today").startswith("Subject: Neu")
    assert acrux(*preview, "--kind", "reminder").startswith("Subject: Erinnerung")


def test_a_test_mail_goes_to_oneself_and_counts_for_nobody(
    mailing: Site, server: FakeMailServer
) -> None:
    acrux, stage_id = Acrux(mailing.environ), planned(mailing)
    acrux("stage", "notices", stage_id, "--test", "you@example.org", "--administrator")
    assert server.mails[0].recipients == ("you@example.org",)
    assert "no way around it" in server.mails[0].text
    assert acrux.json("stage", "notices", stage_id) == []
    server.refuse_with = "550 5.7.1 Go away"
    line = acrux.refused("stage", "notices", stage_id, "--test", "you@example.org")
    assert "SMTP: recipient refused, 550" in line


@pytest.mark.slow
def test_numbers_and_whom_to_call(mailing: Site, server: FakeMailServer) -> None:
    mailing.person("aroha")
    mailing.person("bella")
    mailing.person("hemi", verified=False)
    mailing.person("mere")
    server.refuse = {"bella@example.org": "550 5.1.1 No such user"}
    acrux, stage_id = Acrux(mailing.environ), planned(mailing)
    look(mailing)
    counted = {row["state"]: row["people"] for row in acrux.json("stage", "notices", stage_id)}
    assert counted == {"sent": 2, "refused": 1, "unconfirmed": 1}
    assert acrux.json("stage", "notices") == acrux.json("stage", "notices", stage_id)
    people = {row["user"]: row for row in acrux.json("stage", "notices", stage_id, "--people")}
    assert people["bella"]["words"] == "SMTP: recipient refused, 550: 5.1.1 No such user"
    addresses = "mere@example.org\n# nobody\nNobody <no.one@example.org>\nhemi@example.org\n"
    said = acrux("notices", "bounced", "-", stdin=addresses)
    assert said.splitlines() == [
        "1 of 3 addresses: their mails came back.",
        "hemi@example.org: no mail of a stage was sent there.",
        "no.one@example.org: nobody has this address.",
    ]
    lines = acrux("stage", "notices", stage_id, "--call-list").splitlines()
    assert lines[0] == "name,user,phone,email,why"
    assert sorted(lines[1:]) == [
        "Bella,bella,+64211234567,bella@example.org,"
        '"SMTP: recipient refused, 550: 5.1.1 No such user"',
        "Hemi,hemi,+64211234567,hemi@example.org,the e-mail address was never confirmed",
        "Mere,mere,+64211234567,mere@example.org,the mail came back",
    ]
    acrux("user", "disable", "mere")
    assert "mere" not in acrux("stage", "notices", stage_id, "--call-list")


def test_a_delivery_report_names_whose_mail_came_back(small_site: Site) -> None:
    small_site.person("aroha")
    acrux = Acrux(small_site.environ)
    planned(small_site)
    look(small_site)
    report = (
        "From: MAILER-DAEMON@mx.example.org\nTo: signin@example.org\n\n"
        "Final-Recipient: rfc822; Aroha@Example.org\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <aroha@example.org>: unknown\n"
    )
    assert acrux.json("notices", "bounced", "-", stdin=report) == {
        "people": ["aroha@example.org"],
        "untold": [],
        "unknown": [],
    }


def test_an_earlier_date_wants_the_word_that_people_are_mailed_it(small_site: Site) -> None:
    small_site.person("aroha")
    acrux, stage_id = Acrux(small_site.environ), planned(small_site, 30)
    look(small_site)
    sooner = clock.iso(clock.now() + in_days(20))
    line = acrux.refused("stage", "move", stage_id, "--to", sooner)
    assert line.endswith("(--notified)")
    acrux("stage", "move", stage_id, "--to", sooner, "--notified")
    look(small_site)
    assert len(delivered(small_site)) == 2


def test_whoever_begins_is_counted(small_site: Site) -> None:
    small_site.person("aroha")
    acrux, stage_id = Acrux(small_site.environ), planned(small_site)
    look(small_site)
    browser = small_site.browser()
    browser.open("/account/")
    browser.sign_in("aroha")
    assert acrux.json("stage", "notices", stage_id)[0]["opened"] == 0
    browser.submit("/announce", decision="now")
    assert acrux.json("stage", "notices", stage_id)[0]["opened"] == 1


def test_a_recommendation_has_one_mail_only(small_site: Site) -> None:
    stage_id = small_site.stage("*", MFA, None, required=False)
    acrux = Acrux(small_site.environ)
    assert "recommends" in acrux("stage", "notices", stage_id, "--preview")
    line = acrux.refused("stage", "notices", stage_id, "--preview", "--kind", "today")
    assert "it is announced, and no more" in line
