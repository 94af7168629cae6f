"""What becomes of an API's refusal."""

import pytest
from acrux_step_up.client import step_up


@pytest.mark.parametrize(
    ("status", "said", "asked"),
    [
        (
            401,
            'Bearer error="insufficient_user_authentication", acr_values="a b", max_age="300"',
            {"acr_values": "a b", "max_age": "300"},
        ),
        (
            401,
            "DPoP error=insufficient_user_authentication, max_age=5",
            {"max_age": "5"},
        ),
        (
            401,
            'Bearer realm="a, b=\\"c\\"", error="insufficient_user_authentication", acr_values="x"',
            {"acr_values": "x"},
        ),
        (401, 'Bearer error="invalid_token"', None),
        (403, 'Bearer error="insufficient_user_authentication"', None),
        (401, "Bearer", None),
        (401, "", None),
    ],
)
def test_only_what_asks_for_a_sign_in_becomes_one(
    status: int, said: str, asked: dict[str, str] | None
) -> None:
    assert step_up(status, said) == asked
