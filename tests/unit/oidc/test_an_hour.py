"""A signed request counts for an hour at most, whatever numbers its JSON holds."""

import pytest

from idp.oidc.authorize.request_object import LONGEST, beyond_an_hour

NOW = 2_000_000_000


@pytest.mark.parametrize(
    ("begins", "ends", "good"),
    [
        (NOW, NOW + LONGEST, True),
        (NOW - LONGEST, NOW, True),
        (NOW + 30, NOW + 30 + LONGEST, True),
        (NOW, NOW + LONGEST + 1, False),
        (NOW - LONGEST - 0.5, NOW, False),
        (NOW, float("1e999"), False),
        (NOW + 0.5, 10**400, False),
        (-(10**400), NOW, False),
        (float("-1e999"), NOW, False),
    ],
)
def test_it_counts_for_an_hour_at_most(begins: float, ends: float, good: bool) -> None:
    assert (beyond_an_hour(begins, ends, NOW) is None) is good
