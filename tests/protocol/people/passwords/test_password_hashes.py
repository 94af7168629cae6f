"""Stored passwords follow the configured cost: a sign-in hashes again what was hashed weakly."""

from pathlib import Path

import pytest

from idp.store import credentials
from tests.support.site import ONE, Site


def stored_hash(site: Site, person_id: str) -> str:
    with site.work() as work:
        credential = credentials.of(work, person_id, "password")[0]
    return site.installation.keyring.open(credential.secret, credential.place).decode()


@pytest.mark.slow
def test_a_raised_cost_takes_effect_at_the_next_sign_in(tmp_path: Path, database_url: str) -> None:
    before = Site(tmp_path, database_url)
    person_id = before.person("aroha")
    weak = stored_hash(before, person_id)
    before.close()
    assert "$m=1024,t=1," in weak

    after = Site(tmp_path, database_url, password__argon2_memory=2048, password__argon2_time=2)
    app = after.application()
    browser = after.browser()
    browser.authorize(app)
    browser.sign_in("aroha", "not the password at all")
    assert stored_hash(after, person_id) == weak
    assert after.claims(app, browser.sign_in("aroha"))["acr"] == ONE
    strong = stored_hash(after, person_id)
    assert "$m=2048,t=2," in strong

    again = after.browser()
    again.authorize(app)
    assert after.claims(app, again.sign_in("aroha"))["acr"] == ONE
    assert stored_hash(after, person_id) == strong
    after.close()
