"""Form-urlencoded text (WHATWG URL section 5): the pairs of a query or form, and a query of pairs.

What comes of it is what the standard library makes, which asks of each value what most are not:
whether there is anything to decode or to quote. Owns how an address is spelled that a browser is
sent to with an answer or a note. Never decides where it may be sent, or what a parameter may be.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote_plus, unquote_plus

_plain = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
"""What stands for itself (RFC 3986 section 2.3)."""


def pairs(text: str, errors: str) -> list[tuple[str, str]]:
    """Return names and values in their order; `errors` is how to treat what is no UTF-8.

    Raises:
        UnicodeDecodeError: something is not, and `errors` is `strict`.
    """
    found = []
    for each in text.split("&"):
        if each:
            name, _, value = each.partition("=")
            if "%" in each or "+" in each:
                name, value = unquote_plus(name, errors=errors), unquote_plus(value, errors=errors)
            found.append((name, value))
    return found


def text(values: Mapping[str, str]) -> str:
    """Return the names and values as one text."""
    return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in values.items()])


def with_parameters(address: str, parameters: Mapping[str, str]) -> str:
    """Return `address` with more in its query, form-urlencoded (RFC 6749 appendix B).

    What stands in the query already is kept as it is (RFC 6749 section 3.1.2). The address has no
    fragment.
    """
    if not parameters:
        return address
    sign = "&" if "?" in address else "?"
    return f"{address}{'' if address.endswith(('?', '&')) else sign}{text(parameters)}"


def _quoted(value: str) -> str:
    return value if _plain(value) else quote_plus(value)
