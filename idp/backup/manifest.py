"""The manifest of a backup: what is in it, as of when, and the keyring's word that it is so."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from idp import crypto
from idp.errors import CommandError

FORMAT = 1
"""Goes up when a file can no longer be read by earlier versions."""
PARTS = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
"""What the database is called in the file, by its kind."""
_PURPOSE = "backup manifest"


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. Times in seconds since 1970 UTC."""

    format: int
    id: str
    version: str
    """Of Acrux."""
    issuer: str
    made_at: int
    database: str
    """`sqlite` or `postgresql`."""
    server: str
    """Name and version of the database."""
    revision: str
    """Of the schema."""
    epoch: int
    """How often the installation had been restored."""
    last_event: int
    """The id of the newest event; what happened later is not in the backup."""
    keys: tuple[str, ...]
    """Ids of the encryption keys without which it opens nothing, in hex."""
    tables: Mapping[str, int]
    """Rows of each table."""
    size: int
    """Bytes of the database in the file."""
    sha256: str
    """Of the database in the file, in hex."""
    digest: str = ""
    """SHA-256 of all above: a manifest that was damaged is noticed without the keyring."""
    mac: str = ""
    """Keyed digest of all above: one that someone else has written is noticed with it."""

    @property
    def part(self) -> str:
        """The name of the database in the file."""
        return PARTS[self.database]

    def body(self) -> bytes:
        """Return what the digests are of."""
        values = {k: v for k, v in asdict(self).items() if k not in ("digest", "mac")}
        return _canonical(values)

    def whole(self) -> bytes:
        """Return the manifest as it stands in the file."""
        return _canonical(asdict(self))


def signed(manifest: Manifest, keyring: crypto.Keyring) -> Manifest:
    """Return the manifest with both digests."""
    body = manifest.body()
    mac = keyring.keyed_digest(_PURPOSE, body.decode())
    return replace(manifest, digest=hashlib.sha256(body).hexdigest(), mac=mac)


def read(raw: bytes) -> Manifest:
    """Return the manifest of a file, letter for letter as it was written.

    Raises:
        CommandError: it is damaged, or of a later version.
    """
    try:
        values = json.loads(raw)
        if values["format"] != FORMAT:
            raise CommandError(
                f"the backup has format {int(values['format'])}, and this version reads"
                f" {FORMAT}: update Acrux"
            )
        if set(values) != {field.name for field in fields(Manifest)}:
            raise ValueError
        found = Manifest(**{**values, "keys": tuple(values["keys"])})
        _check_types(found)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CommandError("the manifest of the backup is damaged") from None
    if found.whole() != raw or hashlib.sha256(found.body()).hexdigest() != found.digest:
        raise CommandError("the manifest of the backup is damaged")
    return found


def vouched(manifest: Manifest, keyring: crypto.Keyring) -> bool:
    """Return True if the installation with this keyring wrote the manifest, as it stands."""
    return crypto.same(keyring.keyed_digest(_PURPOSE, manifest.body().decode()), manifest.mac)


def missing_keys(manifest: Manifest, keyring: crypto.Keyring) -> list[str]:
    """Return the ids of keys that the backup needs and the keyring lacks."""
    here = {key.hex() for key in keyring.key_ids}
    return [key for key in manifest.keys if key not in here]


def _check_types(found: Manifest) -> None:
    numbers = (found.made_at, found.epoch, found.last_event, found.size, *found.tables.values())
    words = (found.id, found.version, found.issuer, found.server, found.revision, found.sha256)
    if not all(type(n) is int and n >= 0 for n in numbers):
        raise TypeError
    if not all(isinstance(w, str) for w in (*words, found.digest, found.mac, *found.keys)):
        raise TypeError
    if found.database not in PARTS:
        raise ValueError


def _canonical(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, sort_keys=True, indent=1, ensure_ascii=True).encode() + b"\n"
