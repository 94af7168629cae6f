"""Addresses for programs whose answers take long to load: that is done when one is first asked.

Owns what such rooms share: their methods, the loading, and which refusals are told in their words.
Pydantic takes longer to load than all that a sign-in needs.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from flask import Blueprint, Response, request

from idp.web import error_pages

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
"""All that a program might try: whatever is not there is told so in its own form."""


class _Late:
    """What answers, once it is needed."""

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load

    @cached_property
    def serving(self) -> Any:
        # Two who ask at once may build two: neither keeps anything that the other has not.
        return self._load()


def add_to(
    views: Blueprint,
    rules: Sequence[str],
    load: Callable[[], Any],
    told: Callable[[int, str], Response],
) -> None:
    """Answer below the address of `views`, by the `answer` of what `load` returns.

    `told` makes an answer of a status and a sentence, where the framework or the database refuses
    a request: nothing else knows the form of this room.
    """
    late, place = _Late(load), views.url_prefix or ""

    def answer(**_parts: str) -> Response:
        found: Response = late.serving.answer(request.path.removeprefix(f"{place}/"))
        return found

    def refused(status: int, reference: str, in_doubt: bool = False) -> Response | None:
        if not f"{request.path}/".startswith(f"{place}/"):
            return None
        more = ", and it may have been carried out" if in_doubt else ""
        said = f"the request failed{more} (reference {reference})"
        return told(404 if status == error_pages.GONE else status, said)

    views.record_once(lambda state: error_pages.tell_instead(state.app.extensions, refused))
    for rule in rules:
        views.add_url_rule(rule, "answer", answer, methods=METHODS, provide_automatic_options=False)
