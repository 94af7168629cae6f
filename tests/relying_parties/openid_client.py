"""A relying party made of the certified Node library openid-client, as a process of its own."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.site import Application, Site

SCRIPT = Path(__file__).parent / "openid_client.mjs"


class PartyError(Exception):
    """What the library refused, or the provider told it: `error` is the OAuth error or its code."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error


class NodeParty:
    """The process. Each method asks the library for one thing and returns what it got."""

    def __init__(self, node: str, script: Path = SCRIPT) -> None:
        self._process = subprocess.Popen(
            [node, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=SCRIPT.parent,
        )

    def introduce(self, party: dict[str, Any]) -> None:
        """Say who it is; it reads the provider's metadata."""
        self._write(party)
        self._read()

    def do(self, action: str, **values: Any) -> Any:
        """Run an action of the script.

        Raises:
            PartyError: the library says no, or the provider said so.
        """
        self._write({"action": action, "values": values})
        answer = self._read()
        if "error" in answer:
            raise PartyError(answer["error"], answer["cause"])
        return answer["result"]

    def finish(self, url: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        """Give it the answer that the browser brought; return tokens and claims."""
        found: dict[str, Any] = self.do("finish", url=url, form=form)
        return found

    def close(self) -> None:
        """End the process and wait for it."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate(timeout=10)

    def _write(self, value: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(value) + "\n")
        self._process.stdin.flush()

    def _read(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, self._process.stderr.read() if self._process.stderr else ""
        return json.loads(line)


@contextmanager
def openid_client(
    node: str,
    site: Site,
    app: Application,
    *,
    method: str = "client_secret_basic",
    key: dict[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    dpop: str | None = None,
    tls: Mapping[str, str] | None = None,
) -> Iterator[NodeParty]:
    """Run the relying party of `app`.

    `key` is the private JWK that it signs with, `metadata` what the library knows of its own
    registration, `dpop` the algorithm of the key that it shows, `tls` the files of what it connects
    with (`cert`, which has its key) and of whom it believes (`ca`).
    """
    party = {
        "issuer": site.issuer,
        "client_id": app.client_id,
        "secret": app.secret,
        "redirect_uri": app.redirect_uri,
        "method": method,
        "key": key,
        "metadata": dict(metadata or {}),
        "dpop": dpop,
        "tls": dict(tls) if tls is not None else None,
    }
    found = NodeParty(node)
    try:
        found.introduce(party)
        yield found
    finally:
        found.close()
