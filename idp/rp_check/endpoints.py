"""The provider's addresses, for the application's server; its browser is `walk`."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from idp.errors import CommandError
from idp.rp_check.provider import Provider


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Write nothing: there are codes in what is asked."""


class Endpoints:
    """A WSGI application."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        provider = self._provider
        match request.method, request.path.removeprefix(_path(provider.issuer)):
            case "GET", "/.well-known/openid-configuration":
                return _json(200, provider.metadata())
            case "GET", "/jwks":
                return _json(200, provider.jwks())
            case "POST", "/token":
                return _json(*provider.redeem(request.form.to_dict()))
            case (("GET" | "POST"), "/userinfo"):
                token = request.authorization.token if request.authorization else None
                return _json(*provider.userinfo(token or request.form.get("access_token", "")))
            case _:
                return _json(404, {"error": "not_found"})


@contextmanager
def served(
    endpoints: Endpoints, host: str, port: int, certificate: tuple[Path, Path] | None
) -> Iterator[None]:
    """Answer at an address meanwhile.

    Raises:
        CommandError: it is not free, or the certificate is none.
    """
    try:
        context = _context(certificate)
        server = make_server(
            host, port, endpoints, threaded=True, request_handler=_Silent, ssl_context=context
        )
    except (OSError, ssl.SSLError, SystemExit) as error:
        raise CommandError(f"cannot listen at {host}:{port}: {error}") from None
    thread = threading.Thread(target=server.serve_forever, name="acrux-rp-check", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _context(certificate: tuple[Path, Path] | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def _path(issuer: str) -> str:
    return "/" + issuer.partition("://")[2].partition("/")[2] if issuer.count("/") > 2 else ""


def _json(status: int, said: dict[str, Any]) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(json.dumps(said), status, headers, content_type="application/json")
