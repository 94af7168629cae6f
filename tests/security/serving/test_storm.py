"""More passwords at once than can be checked: some are told to come back, and when."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.site import Answer, Site

SLOW = {
    "password__argon2_time": 40,
    "password__argon2_memory": 19456,
    "password__argon2_parallel": 1,
    "password__argon2_waiting": 0,
}


def test_whoever_finds_no_place_is_told_when_to_come_back(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **SLOW)
    app = site.application()

    def guess(number: int) -> Answer:
        browser = site.browser()
        browser.authorize(app)
        return browser.sign_in(f"nobody{number}", "a wrong guess of mine")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(8)))
    busy = [answer for answer in answers if answer.status == 503]
    assert busy
    assert {answer.heading for answer in busy} == {"Many people are signing in"}
    assert {answer.headers["Retry-After"] for answer in busy} == {"5"}
    assert any(answer.status == 400 for answer in answers), "somebody had the place"
    site.close()
