"""Flask, without what costs or harms here."""

import io
from collections.abc import Callable
from typing import IO, Any

from flask import Flask, Request
from werkzeug.routing import Rule


class LateRule(Rule):
    """An address whose maker (`url_for`) is compiled when it is first asked for.

    Werkzeug compiles two for each address, 26 ms of each start, of which static files use a few.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(super(LateRule, self)._compile_builder(append_unknown))
            return made[0](rule, **values)

        return build


class InMemory(Request):
    """A request whose files stay in memory: passwords may stand in one, and belong on no disk."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return io.BytesIO()


class Application(Flask):
    """Flask without three of its habits: logging, asking for `async`, making address makers.

    That log names the address; a token may stand in it, and live on where the transaction was
    undone. `web.error_pages` logs every exception, by the endpoint.
    """

    url_rule_class = LateRule
    request_class = InMemory

    def log_exception(self, exc_info: Any) -> None:
        """Say nothing, see above."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func` as it is: no function of ours is `async`.

        Flask asks that a dozen times in each request, by looking at the function's code.
        """
        return func
