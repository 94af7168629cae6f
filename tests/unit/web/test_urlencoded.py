"""What is read and written form-urlencoded is what the standard library reads and writes."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idp.web import urlencoded

QUERIES = st.text("ab=&+%41é\x00;~.- #", max_size=30)
VALUES = st.dictionaries(st.text(max_size=5), st.text(max_size=12), max_size=5)


@given(QUERIES)
@example("a=1&b=&c&&=d&a=2")
@example("scope=openid+profile&redirect_uri=https%3A%2F%2Fa%2Fb%3Fc%3Dd")
@example("%=%4&%zz=%ff%C3%A9")
@pytest.mark.parametrize("errors", ["replace", "ignore"])
def test_pairs_are_those_of_the_standard_library(errors: str, query: str) -> None:
    expected = parse_qsl(query, keep_blank_values=True, errors=errors)
    assert urlencoded.pairs(query, errors) == expected


def test_what_is_no_text_is_refused_where_that_is_asked() -> None:
    with pytest.raises(UnicodeDecodeError):
        urlencoded.pairs("a=%ff", "strict")


@given(VALUES)
@example({"state": "a b&c=d/é~.-_", "code": "abc", "iss": "https://a.example"})
def test_a_text_is_that_of_the_standard_library(values: dict[str, str]) -> None:
    assert urlencoded.text(values) == urlencode(values)
