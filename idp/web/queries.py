"""Addresses with parameters added, whatever stands in them already.

Owns how one is spelled that a browser is sent to with an answer or a note. It never decides where a
browser may be sent.
"""

from collections.abc import Mapping

from idp.web import urlencoded


def with_parameters(address: str, parameters: Mapping[str, str]) -> str:
    """Return `address` with more in its query, form-urlencoded (RFC 6749 appendix B).

    What stands in the query already is kept as it is (RFC 6749 section 3.1.2). The address has no
    fragment.
    """
    if not parameters:
        return address
    sign = "&" if "?" in address else "?"
    return f"{address}{'' if address.endswith(('?', '&')) else sign}{urlencoded.text(parameters)}"
