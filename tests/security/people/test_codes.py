"""A code works for its person, in its sign-in, for its purpose, in its time, once."""

from functools import partial
from pathlib import Path

import pyotp
import pytest

from idp import clock
from idp.policy.steps import NO_MARKS, OF_BROWSER, Mark
from idp.store.signin import interactions, marks
from tests.security.serving.crowd import at_once, base, number
from tests.support.site import MFA, Application, Browser, Site


def _asked_for(site: Site, app: Application, name: str) -> Browser:
    """Return a browser at the page that asks for the second factor."""
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in(name)
    return browser


def test_a_texted_code_works_in_its_own_sign_in_alone(site: Site) -> None:
    site.person("mere", sms=True)
    app = site.application()
    mine, other = _asked_for(site, app, "mere"), _asked_for(site, app, "mere")
    other.submit("/sms/send")
    unseen = site.texted_code()
    mine.submit("/sms/send")
    code = site.texted_code()
    if code != unseen:
        assert other.submit("/sms", code=code).status == 400
    assert "code" in mine.submit("/sms", code=code).query
    assert mine.get(base(mine)).status == 400


def test_a_texted_code_is_over_after_its_time(site: Site) -> None:
    site.person("mere", sms=True)
    browser = _asked_for(site, site.application(), "mere")
    browser.submit("/sms/send")
    code = site.texted_code()
    site.advance(site.installation.settings.sms.code_lifetime + 1)
    assert browser.post(browser.at.url, code=code).status == 400


def test_a_right_code_ends_the_ones_sent_before_it(site: Site) -> None:
    site.person("mere", sms=True)
    app = site.application(first_party=False)
    browser = _asked_for(site, app, "mere")
    browser.submit("/sms/send")
    first = site.texted_code()
    site.advance(31)
    browser.submit("/sms/send")
    assert len(site.messages("sms")) == 2
    page = browser.at.url
    assert browser.submit("/sms", code=site.texted_code()).heading.startswith("Let ")
    open_still = "SELECT count(*) FROM challenge WHERE used_at IS NULL"
    assert number(site, open_still) == 0
    assert browser.post(page, code=first).location == base(browser)


def test_of_several_codes_only_the_newest_works(site: Site) -> None:
    site.person("mere", sms=True)
    browser = _asked_for(site, site.application(), "mere")
    codes: list[str] = []
    while len(set(codes)) < 2:
        browser.submit("/sms/send")
        codes.append(site.texted_code())
        site.advance(61)
    assert browser.submit("/sms", code=codes[0]).status == 400
    assert "code" in browser.submit("/sms", code=codes[-1]).query


def test_a_secret_for_an_app_is_shown_for_ten_minutes_and_then_another(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("aroha")
    browser.submit("/enrol/proof", code=site.mailed_code())
    page = base(browser) + "/enrol/totp"
    first = _shown(browser, page)
    site.advance(300)
    assert _shown(browser, page) == first, "reloading keeps the QR code"
    site.advance(301)
    late = browser.set_up("/enrol/totp", code=site.code(first))
    assert (late.status, "Scan the code below" in late.text) == (400, True)
    second = _shown(browser, page)
    assert second != first
    assert "code" in browser.set_up("/enrol/totp", code=site.code(second)).query


def _shown(browser: Browser, page: str) -> str:
    return browser.open(page).text.partition("secret=")[2].partition("&")[0]


@pytest.mark.parametrize("path", ["/enrol/sms", "/sms"])
def test_a_code_that_confirms_an_address_is_no_second_factor(tmp_path: Path, path: str) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", enrolment__proof="sms")
    try:
        site.person("aroha", phone="+64211234567")
        app = site.application()
        browser = site.browser()
        browser.authorize(app, claims=app.essential(MFA))
        browser.sign_in("aroha")
        browser.submit("/enrol/proof/send")
        code = site._newest_code("sms", "sms-proof-code")
        browser.post(base(browser) + path, code=code)
        browser.submit("/enrol/proof", code=code)
        browser.open(base(browser) + "/enrol/sms")
        answer = browser.post(base(browser) + path, code=code)
        assert "code" not in browser._follow(answer).query
        assert not site.events(kind="person:factor:added")
    finally:
        site.close()


def test_an_apps_code_is_accepted_once_and_never_an_older_one(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application()
    browsers = [_asked_for(site, app, "tane") for _ in range(4)]
    step = clock.now() // 30
    now, before, after, long_ago = (
        pyotp.TOTP(secret).generate_otp(step + offset) for offset in (0, -1, 1, -3)
    )
    assert browsers[0].submit("/totp", code=long_ago).status == 400
    assert browsers[0].submit("/totp", code=now).status == 303
    for browser, code in zip(browsers[1:], (now, before, after), strict=True):
        # Should the step end meanwhile, `after` is the present one: it is not tried then.
        if code == after and clock.now() // 30 != step:
            continue
        assert browser.submit("/totp", code=code).status == 400


def test_the_code_that_set_an_app_up_does_not_sign_in_with_it(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("aroha")
    assert "code" in browser.enrol_totp().query
    used = pyotp.TOTP(browser.secret).generate_otp(site._steps[browser.secret])
    thief = _asked_for(site, app, "aroha")
    assert thief.submit("/totp", code=used).status == 400


def test_what_is_noted_of_a_sign_in_is_noted_for_the_person_who_is_in_it(site: Site) -> None:
    person, other = site.person("aroha"), site.person("tane")
    browser = _asked_for(site, site.application(first_party=False), "aroha")
    own = base(browser).rpartition("/")[2]
    with site.work() as work:
        for mark in Mark:
            assert not marks.put(work, own, other, mark)
            assert not marks.claim(work, own, other, mark)
        assert not interactions.set_pending(work, own, other, b"x")
        row = interactions.find(work, own)
        assert row
        assert (row.person_id, row.marks, row.pending) == (person, NO_MARKS, None)


def test_marks_put_at_the_same_time_all_stand_and_each_is_claimed_once(site: Site) -> None:
    person = site.person("aroha")
    own = base(_asked_for(site, site.application(first_party=False), "aroha")).rpartition("/")[2]

    def put(mark: Mark) -> bool:
        with site.work() as work:
            return marks.put(work, own, person, mark)

    def claim(mark: Mark) -> bool:
        with site.work() as work:
            return marks.claim(work, own, person, mark)

    claimed, *others = Mark
    calls = [partial(put, mark) for mark in others] + [partial(claim, claimed)] * 4
    assert sum(at_once(calls)) == len(others) + 1
    with site.work() as work:
        row = interactions.find(work, own)
        assert row
        assert row.marks == ~NO_MARKS


@pytest.mark.parametrize("taken_over", [True, False], ids=["another's", "nobody's"])
def test_of_all_marks_only_those_of_the_browser_outlive_the_person(
    site: Site, taken_over: bool
) -> None:
    person, other = site.person("aroha"), site.person("tane")
    own = base(_asked_for(site, site.application(first_party=False), "aroha")).rpartition("/")[2]
    with site.work() as work:
        assert marks.put(work, own, person, ~NO_MARKS)
        if taken_over:
            interactions.identify(work, own, other, "tane")
        else:
            interactions.begin_anew(work, person)
        row = interactions.find(work, own)
    assert row
    assert (row.person_id, row.marks) == (other if taken_over else None, OF_BROWSER)
