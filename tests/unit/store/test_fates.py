"""Each table has its word for a restore, so that a new one cannot be forgotten."""

from idp.store.copies.fates import FATES
from idp.store.db.connections import Model


def test_every_table_is_kept_or_ended_by_a_restore_with_a_reason() -> None:
    assert FATES.keys() == Model.metadata.tables.keys()
    assert [table for table, fate in FATES.items() if len(fate.why) < 10] == []


def test_what_lives_shortly_or_once_is_ended() -> None:
    assert {table for table, fate in FATES.items() if fate.end is not None} == {
        *("session", "authorization", "token", "client_token", "interaction", "challenge"),
        *("proof", "device", "link", "pending_change", "outbox", "rollout_notice"),
        *("initial_access_token", "process", "credential", "api_answer"),
        *("import_job", "import_part", "pushed_request", "device_request", "exchanged_token"),
        "ciba_request",
        "signal_set",
    }
