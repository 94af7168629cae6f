"""An independent client (scim2-tester, unmodified) finds that a real server does what is due."""

from collections import Counter
from pathlib import Path

import httpx2
import pytest

from tests.protocol.scim.conftest import SETTINGS
from tests.protocol.scim.directory import registered
from tests.support.site import Site

LEAST = 75
"""Checks: fewer would mean that it does not see what there is."""


@pytest.mark.slow
def test_a_real_server_does_all_that_is_checked(tmp_path: Path, database_url: str) -> None:
    # To load it takes seconds, which every process that only looks for tests would spend.
    from scim2_client.engines.httpx2 import SyncSCIMClient
    from scim2_tester import Status, check_server

    site = Site(tmp_path, database_url, **SETTINGS, api__per_minute=100_000)
    entra = registered(site)
    with site.serve() as base:
        headers = {"Authorization": f"Bearer {entra.token}"}
        with httpx2.Client(base_url=f"{base}/scim/v2", headers=headers, timeout=60) as http:
            found = check_server(SyncSCIMClient(http))
    wrong = [
        (one.title, one.resource_type, one.reason)
        for one in found
        if one.status is not Status.SUCCESS
    ]
    assert wrong == [], Counter(one.status for one in found)
    assert len(found) >= LEAST
    site.close()
