"""What the worker deletes, and above all what it keeps."""

import pytest
import sqlalchemy as sa

from idp import clock
from idp.policy.throttling import throttle_keys
from idp.policy.throttling.throttle import Growing, Window
from idp.store import throttles
from idp.store.db.connections import Model
from idp.store.models import people, protocol, service, sign_in
from idp.store.service import cleaning
from tests.protocol.command import Acrux
from tests.support.site import MFA, Application, Site

DAY = 86400


def clean(site: Site) -> int:
    """Delete all that is over; return how many rows."""
    deleted = 0
    while True:
        with site.work() as work:
            count = cleaning.clean(work, site.installation.settings.oidc.refresh_absolute)
        deleted += count
        if not count:
            return deleted


def count(site: Site, model: type[Model]) -> int:
    with site.work() as work:
        return int(work.select(sa.select(sa.func.count()).select_from(model))[0][0])


def redeemed(site: Site, **changes: str) -> tuple[Application, str, dict[str, str]]:
    """Sign tane in with both factors; return the client, the code and its tokens."""
    app = site.application()
    secret = site.secret()
    site.person("tane", totp=secret)
    browser = site.browser()
    browser.authorize(app, acr_values=MFA, **changes)
    browser.sign_in("tane")
    answer = browser.totp(secret)
    if "code" not in answer.query:
        answer = browser.submit("/consent", decision="allow")
    code = answer.query["code"]
    return app, code, site.redeem(app, code).json


def test_nothing_that_is_alive_is_deleted(site: Site) -> None:
    redeemed(site)
    site.browser().open("/account/")
    with site.work() as work:
        throttles.count(work, "source:192.0.2.1", Window(5, 900))
    assert clean(site) == 0


def test_what_is_over_is_deleted_in_the_end(site: Site) -> None:
    redeemed(site)
    begun = site.browser()
    begun.open("/account/")
    begun.sign_in("tane")
    site.advance(site.installation.settings.oidc.refresh_absolute + 40 * DAY)
    assert clean(site) > 0
    for model in (
        *(sign_in.Interaction, sign_in.Challenge, sign_in.Proof, sign_in.Session),
        *(protocol.Token, protocol.Authorization, service.Outbox),
    ):
        assert count(site, model) == 0, model.__tablename__
    assert count(site, service.Event) > 0
    assert count(site, people.Person) == 1
    assert count(site, people.Credential) == 2


@pytest.mark.slow
def test_a_code_used_twice_is_noticed_for_as_long_as_its_tokens_may_live(site: Site) -> None:
    app, code, found = redeemed(site, scope="openid offline_access", prompt="consent")
    assert "refresh_token" in found
    site.advance(10 * DAY)
    clean(site)
    found = site.refresh(app, found["refresh_token"]).json
    site.advance(10 * DAY)
    clean(site)
    assert site.redeem(app, code).json["error"] == "invalid_grant"
    assert site.refresh(app, found["refresh_token"]).status == 400


def test_a_used_code_outlives_its_tokens(site: Site) -> None:
    redeemed(site)
    site.advance(10 * DAY)
    clean(site)
    assert count(site, protocol.Token) == 0
    assert count(site, protocol.Authorization) == 1


def test_an_unused_code_is_forgotten_after_a_day(site: Site) -> None:
    site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    site.advance(DAY + 120)
    clean(site)
    assert count(site, protocol.Authorization) == 0


@pytest.mark.slow
def test_removing_a_factor_still_finds_what_rests_on_a_session_long_over(site: Site) -> None:
    """The session ended weeks ago by itself; its refresh token lives, and rests on the app."""
    app, _, found = redeemed(site, scope="openid offline_access", prompt="consent")
    for _ in range(5):
        site.advance(10 * DAY)
        clean(site)
        found = site.refresh(app, found["refresh_token"]).json
    assert "refresh_token" in found
    Acrux(site.environ)("user", "reset-factor", "tane", "totp")
    assert site.refresh(app, found["refresh_token"]).status == 400


def test_failures_of_a_person_are_never_forgotten_by_time(site: Site) -> None:
    """Otherwise 99 guesses every other day would never meet the limit of 100."""
    sub = site.person("tane")
    limit = Growing(free=200, limit=100)
    keys = [f"totp:{sub}", f"enrol-totp:{sub}", f"address-code:{sub}"]
    for key in keys:
        for _ in range(99):
            with site.work() as work:
                assert throttles.count(work, key, limit) is None
    site.advance(30 * DAY)
    clean(site)
    for key in keys:
        with site.work() as work:
            assert throttles.count(work, key, limit) is None
            assert throttles.count(work, key, limit) is not None


def test_counters_of_sources_and_of_nobody_are_forgotten(site: Site) -> None:
    sub = site.person("tane")
    stranger = site.installation.keyring.keyed_digest("name", "nobody")
    with site.work() as work:
        for key in ("source:192.0.2.1", f"send:sms-code:{sub}", f"password:{stranger}"):
            throttles.count(work, key, Window(5, 900))
    site.advance(2 * DAY - 60)
    assert clean(site) == 0
    site.advance(120)
    assert clean(site) == 3


def test_a_lock_that_still_holds_is_kept(site: Site) -> None:
    with site.work() as work:
        throttles.count(work, "source:192.0.2.1", Growing(free=1, first=5 * DAY, cap=5 * DAY))
    site.advance(3 * DAY)
    assert clean(site) == 0
    site.advance(3 * DAY)
    assert clean(site) == 1


def test_many_rows_go_in_small_batches(small_site: Site) -> None:
    now = clock.now()
    with small_site.work() as work:
        for number in range(cleaning.BATCH + 1):
            throttles.count(work, f"source:{number}", Window(5, 900))
    assert clock.now() - now < 3600
    small_site.advance(3 * DAY)
    with small_site.work() as work:
        assert cleaning.clean(work, 0) == cleaning.BATCH
        assert cleaning.clean(work, 0) == 1


def test_the_end_of_a_throttle_key_is_a_sub(small_site: Site) -> None:
    assert len(small_site.person("tane")) == throttle_keys.PERSON_LENGTH
