"""Names, addresses and numbers: one normal form each, and nothing that is none."""

import pytest

from idp.authenticators import identifiers
from idp.authenticators.base import clean_code
from idp.authenticators.codes import mask_email, mask_phone


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("021 123 4567", "+64211234567"),
        ("+64 21 123 4567", "+64211234567"),
        ("+44 7911 123456", "+447911123456"),
        ("0900 12345", None),
        ("021 12", None),
        ("+64 21 123 4567 ext 5; DROP", None),
        ("call me", None),
        ("", None),
    ],
)
def test_numbers_are_mobile_numbers_in_e164(typed: str, number: str | None) -> None:
    assert identifiers.phone(typed, "NZ") == number


def test_numbers_of_countries_that_are_not_allowed_are_refused() -> None:
    assert identifiers.phone("+44 7911 123456", "NZ", ("NZ", "AU")) is None
    assert identifiers.phone("021 123 4567", "NZ", ("NZ", "AU")) == "+64211234567"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" Aroha@Example.ORG ", "aroha@example.org"),
        ("aroha", None),
        ("aroha@", None),
        ("a@b\r\nBcc: x@y.nz", None),
    ],
)
def test_addresses_are_folded_and_checked(typed: str, address: str | None) -> None:
    assert identifiers.email(typed) == address


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Aroha", "aroha"),
        (" tāne ", "tāne"),
        ("te-rangi.2", "te-rangi.2"),
        ("иван", "иван"),
        ("田中taro", "田中taro"),
        ("a@b", None),
        ("a b", None),
        ("", None),
    ],
)
def test_user_names_are_folded_and_never_look_like_addresses(typed: str, name: str | None) -> None:
    assert identifiers.username(typed) == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Aroha", "aroha"),
        (" Aroha@Example.ORG ", "aroha@example.org"),
        (f"{'a' * 60}@{'b' * 60}.{'c' * 20}.nz", None),
        ("aroha@", None),
        ("arоha@example.org", None),
        ("a b", None),
    ],
)
def test_a_name_that_a_directory_gives_may_be_an_address(given: str, name: str | None) -> None:
    """And is what somebody types at the sign-in, in the same normal form."""
    assert identifiers.directory_name(given) == name
    assert name is None or identifiers.login_name(given) == name


@pytest.mark.parametrize(
    "typed",
    [
        "marama.",
        ".marama",
        "marama-",
        "_marama",
        "m\u0430rama",
        "\u043carama",
        "\u0430\u0440\u0440",
        "\u03b1nna",
        "m\u0251r\u0251m\u0251",
        "mar\u0131",
        "marama\u0661",
    ],
)
def test_user_names_that_look_like_another_are_refused(typed: str) -> None:
    assert identifiers.username(typed) is None


def test_addresses_that_look_like_another_are_refused() -> None:
    for typed in (
        "m\u0430rama@example.org",
        "\u0430\u0440\u0440@example.org",
        "aroha@ex\u0430mple.org",
        "aroha@\u0430\u0440\u0440.org",
    ):
        assert identifiers.email(typed) is None, typed
    for typed in ("mārama@example.org", "иван@почта.рф", "aroha@bücher.example"):
        assert identifiers.email(typed) == typed


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("123-456", "123456"),
        ("12345", None),
        ("1234567", None),
        ("١٢٣٤٥٦", "123456"),
        ("１２３ ４５６", "123456"),
        ("१२३४५६", "123456"),
        ("\u200b123\u200c456\ufeff", "123456"),
        ("\u202d123456\u202c", "123456"),
        ("123\u2212456", "123456"),
        ("12345\u00b2", None),
        ("12345\u2465", None),
        ("\u200b" * 6, None),
        ("12345a", None),
        ("", None),
    ],
)
def test_codes_may_be_typed_with_spaces_and_dashes(typed: str, code: str | None) -> None:
    assert clean_code(typed) == code


def test_masks_show_enough_to_recognise_and_no_more() -> None:
    assert mask_phone("+64211234567") == "02*******"
    assert mask_phone("+64221234567890") == "02*******"
    assert mask_phone("+447911123456") == "+447*******"
    assert mask_email("aroha@example.org") == "a***@example.org"


@pytest.mark.parametrize(
    ("number", "what"),
    [
        ("+64900123456", "premium"),
        ("+64800123456", "toll free"),
        ("+33884012345", "shared cost"),
        ("+447640123456", "pager"),
        ("+6493001234", "fixed line"),
    ],
)
def test_numbers_that_cost_more_or_take_no_message_are_refused(number: str, what: str) -> None:
    every = ("mobile", "fixed-line-or-mobile", "voip", "personal")
    assert identifiers.phone(number, "NZ", (), every) is None, what
    assert not identifiers.reachable(number, (), every)


def test_a_fixed_line_is_reachable_where_the_operator_says_so() -> None:
    assert identifiers.phone("09 300 1234", "NZ", (), ("mobile", "fixed-line")) == "+6493001234"
    assert identifiers.reachable("+6493001234", ("NZ",), ("fixed-line",))
    assert not identifiers.reachable("+6493001234", ("AU",), ("fixed-line",))
    assert not identifiers.reachable("021 123 4567", ("NZ",), ("mobile",))
