"""A line of CEF as a parser reads it that is not ours."""

import pycef

_ESCAPES = (("\\\\", "\0"), ("\\=", "="), ("\\n", "\n"), ("\\r", "\r"), ("\0", "\\"))


def read_cef(line: str) -> dict[str, str]:
    """Return the fields by name; the parser leaves to its caller what a backslash escapes."""
    found = pycef.parse(line)
    assert found is not None, line
    return {key: _read_escapes(value) for key, value in found.items()}


def shown(text: str) -> str:
    """Return a text as it comes out of CEF: what acts on a screen is there by its number."""
    return "".join(c if c.isprintable() or c in "\r\n" else f"\\u{ord(c):04x}" for c in text)


def _read_escapes(value: str) -> str:
    for old, new in _ESCAPES:
        value = value.replace(old, new)
    return value
