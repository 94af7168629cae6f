"""What messages say: plain words, in the alphabet and length of a text message, and no tricks."""

import re
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import language
from idp.messages import texts
from idp.messages.carriers.mail import SmtpTransport
from idp.messages.carriers.transport import Letter
from tests.support.post import ADDRESS, CODE, MAIL, NOT_ME, SMS, SUPPORT, settings

# 3GPP TS 23.038, 6.2.1 and 6.2.1.1, typed by hand: the code under test has a table of its own.
BASIC = set(
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
EXTENSION = set("\f^{}\\[~]|€")
NOTICE = {
    "brand": "Acrux",
    "name": "Rangi",
    "method_text": "authenticator app",
    "at_text": "23 November 2026, 6:10 pm NZDT",
    "place": "Firefox on Windows, 203.0.113.7",
    **SUPPORT,
    "not_me": NOT_ME,
}
CHANGE = {**NOTICE, "old": "02*******", "new": "02*******"}
SIGN_IN = {**NOTICE, "client": "Payroll"}
LINK = {
    **NOTICE,
    "username": "rangi",
    "link": "https://id.example.org/l/" + "x" * 43,
    "link_minutes": 30,
    "link_days": 7,
}
SHARED = {
    **{key: NOTICE[key] for key in ("brand", "name", *SUPPORT)},
    "username": "reception",
    "shared_name": "reception",
    "usernames": ["rangi", "aroha"],
    "date_text": "1 February 2027, 00:00 NZDT",
}
CIBA = {
    **SUPPORT,
    "brand": "Acrux",
    "name": "Rangi",
    "application": "Payroll",
    "message": "W4SCT",
    "link": "https://id.example.org/a/" + "x" * 22,
    "link_minutes": 5,
}
STAGES = ("announced", "reminder", "tomorrow", "today")
STAGE = {
    **SUPPORT,
    "brand": "Acrux",
    "name": "Rangi",
    "date": "Monday, 1 February 2027",
    "required": True,
    "why": "Nurses see patients' records.",
    "guidance": "https://example.org/help",
    "privileged": False,
    "moved": False,
    "link": "https://id.example.org/account/ways",
    "details": "https://id.example.org/account/details",
}
STAGE_FORMS: tuple[dict[str, object], ...] = (
    {},
    {"why": "", "guidance": "", "privileged": True, "moved": True},
    {"required": False, "support_email": "", "support_phone": "", "support_url": ""},
)
NOTE = {
    "origin": "id.example/evidence",
    "size": 12,
    "text": ["id.example/evidence", "12", "drtWZ/RSwOt="],
    "signed": ["\u2014 id.example/evidence sungCrMPJdsF"],
}
KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("sms", "sms-code", SMS),
    ("sms", "sms-proof-code", SMS),
    ("sms", "sms-proof-code", {**SMS, "changing": True}),
    ("sms", "new-number-code", SMS),
    ("mail", "address-code", MAIL),
    ("mail", "address-code", {**MAIL, "changing": True}),
    ("mail", "new-address-code", MAIL),
    ("mail", "address-taken", MAIL),
    ("mail", "factor-added", NOTICE),
    ("mail", "factor-removed", NOTICE),
    ("mail", "factor-renamed", {**NOTICE, "label": "blue key"}),
    ("mail", "password-changed", NOTICE),
    ("mail", "password-reset", NOTICE),
    ("mail", "phone-changed", CHANGE),
    ("sms", "phone-changed-sms", CHANGE),
    ("mail", "address-changed", CHANGE),
    ("mail", "recovery-used", {**NOTICE, "left": 9}),
    ("mail", "recovery-made", NOTICE),
    ("mail", "sign-in-failed-second", SIGN_IN),
    ("mail", "new-device", SIGN_IN),
    (
        "mail",
        "change-waits",
        {**NOTICE, "removes": False, "method_text": "Passkey", "due_text": "tomorrow"},
    ),
    ("mail", "change-open", {**NOTICE, "method_text": "Passkey", "until_text": "Friday"}),
    ("mail", "change-refused", {**NOTICE, "method_text": "Passkey"}),
    ("mail", "denied", {**NOTICE, "demanded": True, "outcome": ["Something was taken back."]}),
    *(("mail", f"stage-{kind}", {**STAGE, **more}) for kind in STAGES for more in STAGE_FORMS),
    ("mail", "reset-link", LINK),
    ("mail", "ciba", CIBA),
    ("sms", "ciba-sms", CIBA),
    ("mail", "reset-elsewhere", {**NOTICE, "password_url": "https://password.example.org/"}),
    ("mail", "ledger-checkpoint", NOTE),
    ("mail", "enrol-link", LINK),
    ("mail", "confirm-link", LINK),
    ("mail", "invitation", {**LINK, "second_step_from": "Monday, 1 February 2027"}),
    ("mail", "invitation", {**LINK, "second_step_from": ""}),
    ("mail", "shared-profile", SHARED),
    ("mail", "shared-profile-closes", SHARED),
    ("mail", "shared-profile-closes", {**SHARED, "usernames": []}),
    ("mail", "shared-profile-yours", SHARED),
    ("voice", "voice-code", {"brand": "Acrux", "digits": "4, 9, 3, 8, 1, 7"}),
]
PARTS = {"hello", "help", "notice", "stage", "support"}
"""Texts that others are made of."""
BARE: dict[str, object] = {
    **dict.fromkeys(SUPPORT, ""),
    "name": "",
    "place": None,
    "client": None,
    "old": None,
    "new": None,
    "outcome": [],
}
"""Values that a message may lack."""
FULL: dict[str, object] = {
    "client": "Payroll",
    "support_email": "help@example.org",
    "support_phone": "0800 123 456",
    "support_hours": "weekdays, 8 to 5",
    "support_url": "https://help.example.org/mfa",
}


def septets(text: str) -> int:
    """Return the length in the GSM 7-bit alphabet; fail on anything outside it."""
    strangers = set(text) - BASIC - EXTENSION
    assert not strangers, f"not GSM 7-bit: {strangers}"
    return len(text) + sum(character in EXTENSION for character in text)


def segments(text: str) -> int:
    """Return how many messages the text takes: 160 septets, or 153 each when joined."""
    length = septets(text)
    return 1 if length <= 160 else -(-length // 153)


def sms(kind: str = "sms-code", **values: object) -> str:
    return texts.render("sms", kind, {"minutes": 10, **SMS, **values})[1]


def mail(kind: str = "address-code", /, **values: object) -> tuple[str, str]:
    known = MAIL if kind == "address-code" else NOTICE
    return texts.render("mail", kind, {"minutes": 10, **known, **values})


def test_a_text_message_says_what_it_is_and_what_to_do() -> None:
    assert sms() == (
        f"493817 is your Acrux code. It works for 10 minutes. Not you? {NOT_ME}"
        "\n@id.example.org #493817"
    )
    assert sms("sms-proof-code").startswith("493817 is your Acrux set-up code. It works for 10 min")
    changing = sms("sms-proof-code", changing=True)
    assert changing.startswith("493817 is your Acrux code to change your details. It works")
    assert segments(changing) == 1


@pytest.mark.parametrize("kind", ["sms-code", "sms-proof-code", "new-number-code"])
def test_the_last_line_lets_the_browser_fill_in_the_code(kind: str) -> None:
    # The format of origin-bound one-time codes (WICG): `@host #code`, alone on the last line.
    assert re.fullmatch(r"@[a-z0-9.-]+ #[0-9]{6}", sms(kind).split("\n")[-1])


@pytest.mark.parametrize("kind", ["sms-code", "sms-proof-code", "new-number-code"])
def test_a_typical_text_message_is_one_segment(kind: str) -> None:
    link = "https://id.hs.nz/n/" + "x" * 22
    assert segments(sms(kind, brand="HealthSafe", host="id.hs.nz", not_me=link)) == 1
    assert segments(sms(kind)) == 1


def test_a_code_with_a_brand_of_twenty_letters_is_one_segment_with_a_short_host() -> None:
    link = "https://login.cdhb.nz/n/" + "x" * 22
    assert segments(sms(brand="Canterbury Hospitals", host="login.cdhb.nz", not_me=link)) == 1


@pytest.mark.parametrize("kind", ["sms-code", "sms-proof-code", "new-number-code"])
@pytest.mark.parametrize(
    "brand", ["Canterbury Hospitals", "x" * 40, "{[^]}" * 8, ("Te Whatu Ora ā" * 9)[:40]]
)
def test_a_text_message_never_takes_more_than_two_segments(kind: str, brand: str) -> None:
    # Longer names are refused at the start: `configuration`.
    host = "h" * 63 + ".example.org"
    text = sms(kind, brand=brand, host=host, not_me=f"https://{host}/n/{'x' * 22}")
    assert segments(text) <= 2


@given(st.text())
def test_no_name_brings_a_letter_that_makes_messages_short_and_dear(brand: str) -> None:
    text = sms(brand=brand)
    assert segments(text) <= 2
    assert len(text.split("\n")) == 2
    assert text.endswith("\n@id.example.org #493817")


def test_letters_outside_the_alphabet_lose_their_marks_and_typographic_ones_become_plain() -> None:
    assert texts.to_gsm7("Hauora Māori – “Tōtara” … 漢字 é") == 'Hauora Maori - "Totara" ... é'
    assert sms(brand="漢字").startswith("493817 is your code. It works")


@pytest.mark.parametrize(("minutes", "words"), [(1, "1 minute."), (5, "5 minutes.")])
def test_the_text_tells_how_long_the_code_works(minutes: int, words: str) -> None:
    assert f"It works for {words}" in sms(minutes=minutes)
    assert f"It works for {words}" in mail(minutes=minutes)[1]


def test_a_mailed_code_tells_what_it_is_for_and_what_an_unasked_one_means() -> None:
    subject, body = mail(client="Payroll")
    assert subject == "Your Acrux code"
    assert CODE not in subject, "it would stand on a locked screen"
    assert body.split("\n\n") == [
        "Hello Rangi,",
        "You are setting up a second step for signing in to Payroll. This is the code to continue:",
        CODE,
        "It works for 10 minutes. Type it on the page that asked for it, and do not give it to"
        " anyone.",
        "If you did not ask for this code, someone knows your password. Open this page: it stops"
        " them, and asks for a new password.",
        NOT_ME,
        "If you need help, write to help@example.org.\n",
    ]


def test_a_mailed_code_needs_neither_client_nor_name_nor_support() -> None:
    _, body = mail(client=None, name="", support_email="")
    assert body.startswith("Hello,\n\nYou are setting up a second step for signing in. This is")
    assert body.endswith(f"{NOT_ME}\n")
    assert "None" not in body


@pytest.mark.parametrize("kind", ["factor-added", "address-code"])
def test_a_mail_names_all_that_people_may_ask(kind: str) -> None:
    more = {"support_phone": "0800 123 456", "support_url": "https://help.example.org/mfa"}
    _, body = mail(kind, **more, support_hours="weekdays, 8 to 5")
    assert body.endswith(
        "\n\nIf you need help, write to help@example.org.\n"
        "You can also call 0800 123 456 (weekdays, 8 to 5).\n"
        "More help is on this page:\nhttps://help.example.org/mfa\n"
    )
    _, body = mail(kind, **more, support_email="")
    assert "\n\nIf you need help, call 0800 123 456.\n" in body
    assert "write to" not in body


@pytest.mark.parametrize(
    ("kind", "word"), [("factor-added", "Added"), ("factor-removed", "Removed")]
)
def test_a_notice_tells_what_changed_when_and_what_to_do(kind: str, word: str) -> None:
    subject, body = mail(kind)
    assert "Acrux" in subject
    assert (
        f"\n\n{word}: authenticator app\nWhen: 23 November 2026, 6:10 pm NZDT\n"
        "Where: Firefox on Windows, 203.0.113.7\n\n"
    ) in body
    assert "If this was you, there is nothing to do." in body
    assert f"Open this page: it ends every sign-in and asks for a new password.\n\n{NOT_ME}" in body
    assert "write to help@example.org" in body
    assert "ask the people who look after your account" in mail(kind, support_email="")[1]
    assert "Where" not in mail(kind, place=None)[1]


@pytest.mark.parametrize(("channel", "kind", "values"), KINDS)
def test_no_message_uses_jargon_or_shouts(channel: str, kind: str, values: dict[str, str]) -> None:
    text = " ".join(texts.render(channel, kind, {"minutes": 10, **values}))
    jargon = r"MFA|2FA|OTP|TOTP|token|authenticat(e|ion)\b|challenge|log in|!"
    assert not re.search(jargon, text, re.IGNORECASE)


def test_every_message_there_is_is_among_those_that_are_tested() -> None:
    there = {path.stem for path in texts.TEMPLATES.glob("*.txt")}
    assert {kind for _, kind, _ in KINDS} == there - PARTS


@pytest.mark.parametrize("spoken", language.LANGUAGES)
@pytest.mark.parametrize("more", [{}, BARE, FULL], ids=["usual", "bare", "full"])
@pytest.mark.parametrize(("channel", "kind", "values"), KINDS)
def test_paragraphs_are_one_empty_line_apart_and_no_line_ends_in_a_space(
    channel: str, kind: str, values: dict[str, object], more: dict[str, object], spoken: str
) -> None:
    own = {name: value for name, value in more.items() if name in values}
    with language.speaking(spoken):
        subject, body = texts.render(channel, kind, {"minutes": 10, **values, **own})
    assert subject == " ".join(subject.split())
    assert not re.search(r"\n\n\n|[ \t]\n|\n[ \t]|  |^\s|\n\n$", body), body


def test_a_name_cannot_add_paragraphs_headers_or_change_the_direction() -> None:
    name = "Rangi\r\n\r\nYour account is closed\u2028see\u202eevil\x00\x1b[1m"
    subject, body = mail(name=name, brand="Acrux\nBcc: all@example.org")
    assert body.startswith("Hello Rangi Your account is closed see evil [1m,\n\n")
    assert subject == "Your Acrux Bcc: all@example.org code"
    assert texts.tidy("نام\u200cخانوادگی") == "نام\u200cخانوادگی"
    assert texts.tidy(None) is None


def test_a_name_is_never_longer_than_a_name() -> None:
    assert len(mail(name="call 0900 " * 100)[1].split("\n")[0]) < 100
    assert len(mail(client="call 0900 " * 100)[1].split("\n\n")[1]) < 200


# -- the mail as it is sent


def compose(tmp_path, subject: str = "Your code", **values: object) -> EmailMessage:
    sender = {"ACRUX_MAIL__SENDER": "signin@example.org", "ACRUX_BRAND__NAME": "Māori Health"}
    body = mail("address-code", **values)[1]
    letter = Letter("an-id", "address-code", ADDRESS, subject, body)
    return SmtpTransport(settings(tmp_path, sender)).compose(letter)


def test_the_twin_says_what_the_text_says(tmp_path) -> None:
    message = compose(tmp_path, client="Payroll")
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    shown = re.sub(r"<(head|!).*?</head>|<[^>]+>", " ", page.get_content(), flags=re.DOTALL)
    assert shown.split() == ["Māori", "Health", *text.get_content().split()]


def test_the_twin_escapes_and_fetches_nothing(tmp_path) -> None:
    page = compose(tmp_path, name='<img src="https://evil.example/x">&').get_body(("html",))
    assert page is not None
    html = page.get_content()
    assert "Hello &lt;img src=&#34;https://evil.example/x&#34;&gt;&amp;," in html
    assert not re.search(r"<(img|link|script|style|table)\b|url\(", html)
    assert re.findall(r'(?:href|src)="([^"]*)"', html) == [NOT_ME], "our link and no other"
    assert re.search(rf"<p style=\"[^\"]*font-size: 32px[^\"]*\">{CODE}</p>", html)


def test_a_subject_cannot_become_a_header(tmp_path) -> None:
    message = compose(tmp_path, subject="Code\r\nBcc: all@example.org\r\n\r\nText")
    assert message["Subject"] == "Code Bcc: all@example.org Text"
    assert message["Bcc"] is None


def test_a_mail_has_the_headers_of_one_nobody_should_answer(tmp_path) -> None:
    message = compose(tmp_path)
    assert str(message["From"]) == "Māori Health <signin@example.org>"
    assert message["To"] == ADDRESS
    assert message["Message-ID"] == "<an-id@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.tzinfo is not None
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
