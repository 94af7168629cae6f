"""What a front server agrees to in the handshake of TLS."""

import socket
import ssl
from pathlib import Path

RECOMMENDED = {
    "AES128-GCM-SHA256": True,
    "AES256-GCM-SHA384": True,
    "CHACHA20-POLY1305": False,
    "AES128-SHA": False,
}
"""Cipher suites of TLS 1.2, and which of them RFC 9325 section 4.2 recommends. FAPI 2.0 Security
Profile section 5.2.2 allows those alone."""


def cipher_suites(port: int, authority: Path) -> dict[str, bool]:
    """Return which of these a server on this port of localhost takes by TLS 1.2."""
    return {suite: _is_taken(port, authority, suite) for suite in RECOMMENDED}


def _is_taken(port: int, authority: Path, suite: str) -> bool:
    client = ssl.create_default_context(cafile=str(authority))
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(f"ECDHE-ECDSA-{suite}")
    with socket.create_connection(("localhost", port), 20) as line:
        try:
            with client.wrap_socket(line, server_hostname="localhost") as taken:
                return taken.version() == "TLSv1.2"
        except (ssl.SSLError, ConnectionError):
            return False
