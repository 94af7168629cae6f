"""In which language a page, a message and a call speak, and that nothing speaks another."""

import re
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from idp import language
from idp.store import next_sign_in, people
from tests.security.serving.crowd import at_once
from tests.support.letters import newest
from tests.support.site import MFA, Answer, Browser, Site

SIGN_IN = {"en": "Sign in", "de": "Anmelden", "fr": "Se connecter"}
"""Written down here, so that a page is known to be in its language by more than its mark."""


def spoken(answer: Answer) -> str:
    """Return the language that a page says it is in, by its mark and by its header alike."""
    found = re.search(r'<html lang="([^"]+)"', answer.text)
    assert found
    assert answer.headers["Content-Language"] == found[1]
    return found[1]


def opened(site: Site, accept: str = "", **request: Any) -> tuple[Browser, Answer]:
    """Begin a sign-in in a browser of those languages."""
    browser = site.browser()
    app = site.application(f"app-{len(accept)}-{len(request)}-{accept[:2] or 'none'}")
    url = "/authorize?" + urlencode(app.request(**request))
    while True:
        answer = browser.http.send("GET", url, None, accepting(accept))
        if not answer.location:
            return browser, answer
        url = answer.location


def accepting(accept: str) -> dict[str, str]:
    return {"Accept-Language": accept} if accept else {}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("", "en-NZ"), ("de-AT,en;q=0.5", "de"), ("tlh, mi;q=0.4, en;q=0.3", "mi"), ("zh", "en-NZ")],
)
def test_a_page_speaks_the_first_language_that_the_browser_wishes_for(
    small_site: Site, accept: str, expected: str
) -> None:
    assert spoken(opened(small_site, accept)[1]) == expected


def test_the_words_are_those_of_the_language(small_site: Site) -> None:
    for code, words in SIGN_IN.items():
        assert opened(small_site, code)[1].heading == words


def test_what_the_application_asks_wins_over_the_browser(small_site: Site) -> None:
    assert spoken(opened(small_site, "de", ui_locales="tlh fr-CA es")[1]) == "fr"
    assert spoken(opened(small_site, "de", ui_locales="tlh")[1]) == "de"
    assert spoken(opened(small_site, "de", ui_locales="x" * 4000)[1]) == "de"


def test_a_link_at_the_foot_of_the_page_wins_over_all_until_the_browser_is_closed(
    small_site: Site,
) -> None:
    browser, page = opened(small_site, "de", ui_locales="fr")
    assert 'href="?language=mi"' in page.text
    there = browser.get(page.url, language="mi")
    assert spoken(there) == "mi"
    cookie = there.headers["Set-Cookie"]
    assert "acrux-language=mi" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie
    assert "Max-Age" not in cookie
    assert spoken(browser.get(page.url)) == "mi"
    assert spoken(browser.get("/forgot")) == "mi"


def test_the_choice_stays_after_a_wrong_answer_where_its_page_can_be_had_again(
    small_site: Site,
) -> None:
    small_site.person("tane", sms=True)
    browser = small_site.browser()
    browser.open("/account/")
    browser.sign_in("tane")
    browser.submit("/sms/send")
    wrong = browser.submit("/sms", code="12")
    assert (wrong.status, 'href="?language=de"' in wrong.text) == (400, True)
    assert spoken(browser.get(wrong.url, language="de")) == "de"
    soon = browser.submit("/sms/send")
    assert (soon.status, 'href="?language=de"' in soon.text) == (400, False)


@pytest.mark.parametrize("choice", ["tlh", "", "../de", "de%0d%0aX-Evil:%201", "de&language=fr"])
def test_a_language_that_is_not_spoken_changes_nothing(small_site: Site, choice: str) -> None:
    browser = small_site.browser()
    answer = browser.get(f"/forgot?language={choice}")
    assert spoken(answer) == ("de" if choice.startswith("de&") else "en-NZ")
    assert "X-Evil" not in answer.headers


def test_whoever_chose_a_language_is_spoken_to_in_it_once_known(small_site: Site) -> None:
    small_site.person("tane")
    speak(small_site, "tane", "de")
    browser, page = opened(small_site, "fr", acr_values=MFA, prompt="login")
    assert spoken(page) == "fr"
    browser.at = page
    browser.open("/account/")
    browser.sign_in("tane")
    assert spoken(browser.open("/account/")) == "de"


@pytest.mark.slow
def test_a_page_keeps_its_language_where_nobody_chose_another(site: Site) -> None:
    """That of the first sign-in is for messages: it was learned, and no one chose it."""
    site.person("tane")
    first = site.browser()
    first.open("/account/")
    first.sign_in("tane")
    with site.work() as work:
        person = people.by_name(work, "tane")
        assert person
        assert (person.locale, person.chosen_locale) == ("en", None)
    again = site.browser()
    again.http.wish_for("de")
    assert spoken(again.open("/account/")) == "de"
    assert spoken(again.sign_in("tane")) == "de"
    details = again.open("/account/details")
    assert re.findall(r'<option value="(\w*)"[^>]*\bselected', details.text) == [""]
    again.submit("/account/details", name="Tane", language="fr")
    other = site.browser()
    other.http.wish_for("de")
    other.open("/account/")
    assert spoken(other.sign_in("tane")) == "fr", "that was chosen"


def speak(site: Site, name: str, code: str | None) -> None:
    with site.work() as work:
        person = people.by_name(work, name)
        assert person
        next_sign_in.set_locale(work, person.id, code)


def test_notices_are_in_the_language_of_the_person_whatever_the_browser_speaks(
    small_site: Site,
) -> None:
    small_site.person("tane", totp=small_site.secret())
    speak(small_site, "tane", "de")
    browser = small_site.browser()
    browser.open("/account/?language=fr")
    browser.sign_in("tane")
    for _ in range(3):
        browser.submit("/totp", code="000000")
    mail = newest(small_site, "sign-in-failed-second")
    assert "Hallo Tane" in mail["body"] or "Guten Tag Tane" in mail["body"]


@pytest.mark.slow
def test_a_stranger_does_not_choose_the_language_in_which_a_person_is_warned(
    small_site: Site,
) -> None:
    small_site.person("tane", totp=small_site.secret())
    browser = small_site.browser()
    browser.open("/account/?language=fr")
    browser.sign_in("tane")
    for _ in range(3):
        browser.submit("/totp", code="000000")
    assert newest(small_site, "sign-in-failed-second")["body"].startswith("Hello Tane")


def test_the_language_of_the_first_sign_in_is_kept_for_messages_and_no_later_one(
    small_site: Site,
) -> None:
    small_site.person("tane")
    for code in ("de", "fr"):
        browser = small_site.browser()
        browser.open(f"/account/?language={code}")
        browser.sign_in("tane")
    with small_site.work() as work:
        person = people.by_name(work, "tane")
        assert person
        assert person.locale == "de"


def test_a_first_code_is_in_the_language_of_the_page_that_asked_for_it(small_site: Site) -> None:
    small_site.person("tane", sms=True)
    browser = small_site.browser()
    browser.open("/account/?language=de")
    browser.sign_in("tane")
    browser.submit("/sms/send")
    body = small_site.messages("sms")[-1]["body"]
    assert "is your" not in body
    assert re.search(r"\b\d{6}\b", body)


def test_a_call_is_read_out_in_a_language_that_has_a_voice(tmp_path: Path) -> None:
    small_site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", sms__voice="true")
    small_site.person("tane", sms=True)
    browser = small_site.browser()
    browser.open("/account/?language=mi")
    browser.sign_in("tane")
    browser.submit("/sms/send")
    small_site.advance(61)
    browser.open(browser.at.url)
    action, form = browser.at.form("/sms/send")
    browser.http.send("POST", action, {**form, "way": "call"})
    call = small_site.messages("sms")[-1]
    assert call["kind"] == "voice-code"
    assert call["body"].startswith("Hello.")
    small_site.close()


def test_an_error_page_speaks_the_language_and_the_log_english(
    small_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "acrux.web")
    answer = small_site.client().send("GET", "/nowhere", None, {"Accept-Language": "de"})
    assert answer.status == 404
    assert spoken(answer) == "de"
    assert "There is nothing here" not in answer.text
    assert "There is nothing here" in caplog.text


@pytest.mark.slow
def test_people_at_the_same_moment_are_each_answered_in_their_own_language(
    small_site: Site,
) -> None:
    codes = ["en", "mi", "de", "fr", "es"] * 4

    def ask(code: str) -> str:
        client = small_site.client()
        pages = [client.send("GET", "/forgot", None, {"Accept-Language": code}) for _ in range(5)]
        return "".join({spoken(page)[:2] for page in pages})

    assert at_once([partial(ask, code) for code in codes]) == codes


# -- nothing is said but through a catalog


class Marked:
    """A catalog of a language in which every text stands between brackets."""

    def gettext(self, message: str) -> str:
        return f"\u27e6{message}\u27e7"

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        return f"\u27e6{singular if num == 1 else plural}\u27e7"


OWN = {
    *("Acrux", "Tane", "App", "localhost", "UTC", "January", "February", "November", "December"),
    *("tane@example.org", "t***@example.org", "or"),
    *" ".join(language.LANGUAGES.values()).split(),
}
"""Names, dates and languages: what is no text."""


def unmarked(answer: Answer) -> set[str]:
    """Return words of a page that came from no catalog."""
    text = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", "", answer.text)
    shown = re.findall(
        r'(?:alt|aria-label|placeholder|title|data-(?!options)[a-z-]+)="([^"]*)"', text
    )
    shown = [part for part in shown if "\u27e6" in part or " " in part]
    text = re.sub(r"<code>.*?</code>", "", text)
    text = re.sub(r"<[^>]+>", "\n", text) + "\n".join(shown)
    text = unescape(text)
    while "\u27e6" in text:
        shorter = re.sub(r"(?s)\u27e6[^\u27e6\u27e7]*\u27e7", " ", text)
        assert shorter != text, "brackets do not match"
        text = shorter
    words = re.findall(r"[^\W\d_][\w@.*-]*[^\W_]", text)
    secret = re.compile("[A-Z2-7]{2,4}")
    return {w for w in words if w not in OWN and not w.isdigit() and not secret.fullmatch(w)}


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(_code: str) -> Marked:
        return Marked()

    monkeypatch.setattr(language, "_translations", found)


@pytest.mark.usefixtures("marked")
def test_every_word_of_the_sign_in_comes_from_a_catalog(small_site: Site) -> None:
    small_site.person("tane", sms=True)
    app = small_site.application(first_party=False, scope="openid profile email phone address")
    browser = small_site.browser()
    pages = [browser.authorize(app, scope="openid profile email", acr_values=MFA)]
    pages.append(browser.sign_in("tane", "a wrong password"))
    pages.append(browser.sign_in("tane"))
    pages.append(browser.submit("/sms/send"))
    pages.append(browser.submit("/sms/send"))
    pages.append(browser.submit("/sms", code="12"))
    pages.append(browser.submit("/sms", code="000000"))
    pages.append(browser.submit("/sms", code=small_site.texted_code()))
    for page in pages:
        assert unmarked(page) == set(), page.heading
    assert len({page.heading for page in pages}) >= 4


@pytest.mark.usefixtures("marked")
def test_every_word_of_setting_up_comes_from_a_catalog(small_site: Site) -> None:
    small_site.person("tane")
    small_site.stage("user", MFA, 86400)
    app = small_site.application(min_acr=MFA)
    browser = small_site.browser()
    browser.authorize(app)
    pages = [browser.sign_in("tane")]
    pages.append(browser.submit("/enrol/proof", code="123"))
    pages.append(browser.submit("/enrol/proof", code=small_site.mailed_code()))
    for method in ("totp", "sms", "webauthn"):
        pages.append(browser.open(browser.at.url.partition("/enrol")[0] + f"/enrol/{method}"))
    for page in pages:
        assert unmarked(page) - {"Tane", "com"} == set(), page.heading


@pytest.mark.usefixtures("marked")
def test_every_word_of_the_account_comes_from_a_catalog(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("tane", totp=secret, sms=True)
    browser = small_site.browser()
    browser.open("/account/")
    browser.sign_in("tane")
    browser.totp(secret)
    browser.http.call_itself("Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
    addresses = ["/account/", "/account/ways", "/account/places", "/account/applications"]
    addresses += ["/account/password", "/account/recovery-codes", "/end_session"]
    pages = [browser.open(address) for address in addresses]
    ways = re.findall(r'href="(/account/ways/[^"/]+)"', pages[1].text)
    pages += [browser.open(address) for address in ways]
    assert len(pages) >= 9
    for page in pages:
        assert page.status == 200
        assert unmarked(page) == set(), page.heading


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize(
    "address",
    ["/forgot", "/forgot/sent", "/l/wrong", "/n/wrong", "/nowhere", "/interaction/x", "/authorize"],
)
def test_every_word_of_what_needs_no_sign_in_comes_from_a_catalog(
    small_site: Site, address: str
) -> None:
    page = small_site.browser().open(address)
    assert unmarked(page) == set(), page.heading
