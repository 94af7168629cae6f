"""Each token that is stored is one that the ledger tells of: whatever has no leaf is named."""

from pathlib import Path

import pytest

from idp import clock, crypto
from idp.ledger import checking
from idp.ledger.checking import Checked
from idp.ledger.keys import LedgerError
from idp.store.db.statements import Statement
from idp.store.ledger import issued
from idp.store.oidc import tokens as stored
from idp.store.oidc.tokens import NewToken
from tests.protocol.command import Acrux
from tests.protocol.endpoints import own_token, robot
from tests.protocol.ledger.auditing import seal, sql
from tests.protocol.ledger.test_leaves import OFFLINE
from tests.protocol.ledger.test_retention_bodies import DAY, delete, kept
from tests.protocol.oidc.tokens.test_front_channel_tokens import legacy, sign_in
from tests.protocol.sign_ins import code
from tests.support.site import Application, Site

__all__ = ["kept"]
HOUR = 3_600
_AUTHORIZATIONS = Statement('SELECT id FROM "authorization"')
_MOMENT = Statement("SELECT min(created_at) FROM token")


def check(site: Site) -> Checked:
    return checking.check(site.installation.engine, site.installation.keyring)


def problem(site: Site) -> str:
    site.spoiled = True
    with pytest.raises(LedgerError) as raised:
        check(site)
    return str(raised.value)


def application(site: Site) -> Application:
    site.person("tane")
    return site.application(grant_types=["authorization_code", "refresh_token"])


def sign_in_offline(site: Site, app: Application) -> dict[str, str]:
    found: dict[str, str] = site.redeem(app, code(site, app, **OFFLINE)).json
    return found


def test_tokens_of_every_way_have_their_rows_sealed_or_not(site: Site) -> None:
    app = application(site)
    first = sign_in_offline(site, app)
    seal(site)
    site.advance(5)
    site.refresh(app, first["refresh_token"])
    own_token(site, robot(site))
    assert check(site).tokens == 5
    seal(site)
    assert check(site).tokens == 5


def test_a_token_of_the_front_channel_has_its_row(tmp_path: Path, database_url: str) -> None:
    site = Site(tmp_path, database_url, oidc__legacy_response_types="true")
    site.person("tane")
    sign_in(site, legacy(site), "code id_token token")
    assert check(site).tokens == 1
    site.close()


def test_a_token_that_was_inserted_is_named(site: Site) -> None:
    app = application(site)
    sign_in_offline(site, app)
    seal(site)
    sql(
        site,
        "INSERT INTO token (digest, kind, authorization_id, scope, created_at, expires_at, tag)"
        " SELECT :mine, kind, authorization_id, scope, created_at, expires_at, tag FROM token"
        " WHERE kind = 'access'",
        mine=crypto.digest("my-own"),
    )
    said = problem(site)
    assert f"the token {crypto.digest('my-own')} (access, of app, " in said
    assert said.endswith("was changed, or made from outside: its tag is not ours")


def test_a_token_of_an_application_itself_that_was_inserted_is_named(site: Site) -> None:
    own_token(site, robot(site))
    sql(
        site,
        "INSERT INTO client_token (digest, client_id, scope, created_at, expires_at)"
        " SELECT :mine, client_id, scope, created_at, expires_at FROM client_token",
        mine=crypto.digest("my-own"),
    )
    assert f"the token {crypto.digest('my-own')} (access, of " in problem(site)


def test_a_token_whose_leaf_went_before_it_was_sealed_is_named(site: Site) -> None:
    app = application(site)
    sign_in_offline(site, app)
    seal(site)
    site.advance(1)
    sign_in_offline(site, app)
    sql(site, "DELETE FROM ledger_leaf WHERE seq IS NULL")
    said = problem(site)
    assert said.count("(access, of app, ") == said.count("(refresh, of app, ") == 1
    assert said.endswith("has no row in the ledger that tells of it")


def test_a_leaf_that_is_not_sealed_counts_only_with_a_tag(site: Site) -> None:
    app = application(site)
    sign_in_offline(site, app)
    sql(site, "UPDATE ledger_leaf SET tag = NULL")
    assert "has no row in the ledger that tells of it" in problem(site)


def add_token(site: Site, name: str, kind: str = "access", later: int = 0) -> None:
    """Store a token of the one authorization that there is, and no leaf."""
    with site.work() as work:
        (authorization,) = work.column(_AUTHORIZATIONS)
        at = work.value(_MOMENT) + later
        new = NewToken(crypto.digest(name), kind, ("openid",), at + HOUR)
        stored.add(work, authorization, [new], at)


def test_one_leaf_accounts_for_one_token_of_each_kind(site: Site) -> None:
    app = application(site)
    sign_in_offline(site, app)
    for later in (0, 1):
        add_token(site, f"my-own {later}", later=later)
        assert problem(site).count("(access, of app, ") == later + 1


def test_a_token_that_was_stored_a_second_after_its_leaf_has_it(site: Site) -> None:
    app = application(site)
    sign_in_offline(site, app)
    sql(site, "DELETE FROM token WHERE kind = 'access'")
    add_token(site, "slow", later=1)
    assert check(site).tokens == 2


def test_bodies_that_retention_took_account_for_their_tokens_and_no_more(kept: Site) -> None:
    app = application(kept)
    sign_in_offline(kept, app)
    seal(kept)
    kept.installation.counting.carry_out()
    kept.advance(31 * DAY)
    assert delete(kept) == 1
    assert check(kept).tokens == 2
    add_token(kept, "my-own", "refresh")
    assert problem(kept).count("(refresh, of app, ") == 1


def test_what_is_older_than_the_ledger_needs_no_row(site: Site) -> None:
    app = application(site)
    sign_in_offline(site, app)
    sql(site, "DELETE FROM ledger_leaf")
    sql(site, "DELETE FROM event")
    site.advance(10)
    assert check(site).tokens == 2
    sign_in_offline(site, app)
    assert check(site).tokens == 4
    # The trail tells of tokens that this ledger does not have.
    sql(site, "DELETE FROM token")
    sql(site, "DELETE FROM event")
    sql(site, "DELETE FROM ledger_leaf")


@pytest.mark.slow
def test_a_clock_that_was_set_back_hides_no_leaf(site: Site) -> None:
    app = application(site)
    site.advance(40 * HOUR)
    sign_in_offline(site, app)
    site.advance(-39 * HOUR)
    for _ in range(3):
        sign_in_offline(site, app)
    site.advance(30 * HOUR)
    sign_in_offline(site, app)
    assert check(site).tokens == 10


@pytest.mark.slow
def test_they_are_read_in_windows_and_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issued, "FULL", 3)
    monkeypatch.setattr(issued, "PAGE", 2)
    app = application(site)
    robots = robot(site)
    for _ in range(6):
        sign_in_offline(site, app)
        own_token(site, robots)
        site.advance(700)
    assert check(site).tokens == 18
    sql(site, "DELETE FROM ledger_leaf WHERE body LIKE '%client_credentials%'")
    assert "and 1 more has no row" in problem(site)


@pytest.mark.slow
def test_the_command_says_how_many_tokens_there_are(site: Site) -> None:
    app = application(site)
    sign_in_offline(site, app)
    acrux = Acrux(site.environ)
    acrux("ledger", "seal")
    assert "2 tokens that are stored have their rows." in acrux("ledger", "verify")
    at = clock.now() + HOUR
    sql(site, "UPDATE token SET created_at = :at WHERE kind = 'refresh'", at=at)
    site.spoiled = True
    assert "(refresh, of app, " in acrux.refused("ledger", "verify")
