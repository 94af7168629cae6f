"""As what an application may read a path: whoever is let in by one reading could come by another.

Pure. Servers differ in what they undo: percent signs once or twice, backslashes, dots, double
slashes, parameters after a semicolon, dots and spaces at the end of a name. None of it is forbidden
to a path; each gives a reading, and the strictest counts.
"""

from functools import lru_cache
from urllib.parse import unquote

LONGEST = 8192
"""Characters of a path with its query; more is no request that an application answers."""
_DEEPEST = 3
"""How often percent signs are undone: whoever hides deeper wants no page."""


@lru_cache(maxsize=4096)
def readings(path: str) -> frozenset[str]:
    """Return every path that `path`, as it came and without its query, may be taken for.

    Empty where it can be none: it does not begin with a slash, or hides control characters, or its
    percent signs never end.
    """
    spelled = [path]
    for _ in range(_DEEPEST):
        spelled.append(unquote(spelled[-1], errors="replace"))
    if not path.startswith("/") or spelled[-1] != spelled[-2] or not spelled[-1].isprintable():
        return frozenset()
    found = set()
    for one in spelled:
        turned = one.replace("\\", "/")
        bare = "/".join(name.partition(";")[0] for name in turned.split("/"))
        trimmed = "/".join(_trimmed(name) for name in bare.split("/"))
        for form in (one, turned, bare, trimmed):
            found |= {form, _plain(form)}
    return frozenset(found)


def _trimmed(name: str) -> str:
    """Return a name without what Windows leaves out at its end; dots alone mean something."""
    return name if name in (".", "..") else name.rstrip(". ")


def _plain(path: str) -> str:
    """Return a path without double slashes, `.` and `..` (RFC 3986 section 5.2.4)."""
    names: list[str] = []
    for name in path.split("/"):
        if name == "..":
            del names[-1:]
        elif name not in ("", "."):
            names.append(name)
    return "/" + "/".join(names)
