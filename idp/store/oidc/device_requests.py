"""Devices that ask for a sign-in elsewhere (RFC 8628), by the digests of their codes."""

from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.models.protocol import DeviceRequest
from idp.store.oidc.elsewhere import Elsewhere, RequestRow
from idp.store.rows import reader
from idp.store.tags import Sealed
from idp.store.tags.kinds import DEVICE_REQUEST


@dataclass(frozen=True)
class DeviceRow(RequestRow):
    """One request of a device. Its page is found by `id`: only who typed the code is led there."""

    device_digest: str
    address: str | None
    browser: str | None
    """The kind of browser it asked with, in words of ours."""


REQUESTS = Elsewhere("device_request")
"""Who asks again, and who answers."""
_ROW = Sealed(DEVICE_REQUEST, reader(DeviceRow, DeviceRequest))
_ADD = Statement(
    "INSERT INTO device_request (id, device_digest, user_digest, client_id, request, address,"
    " browser, created_at, expires_at, wait, asked_at, tag)"
    " VALUES (:id, :device_digest, :user_digest, :client_id, :request, :address,"
    " :browser, :created_at, :expires_at, :wait, 0, :tag)"
)
_BY_ID = Statement(f"SELECT {_ROW.columns} FROM device_request WHERE id = :id")
_BY_DEVICE = Statement(f"SELECT {_ROW.columns} FROM device_request WHERE device_digest = :digest")
_BY_USER = Statement(f"SELECT {_ROW.columns} FROM device_request WHERE user_digest = :digest")


def add(
    work: Work, *, id: str, device_digest: str, user_digest: str, lifetime: int, **values: Any
) -> bool:
    """Store a request for `lifetime` seconds; False when the code of the person is in use.

    Or when the client is gone. `values` are the row's own.
    """
    now = clock.now()
    values |= {"id": id, "device_digest": device_digest, "user_digest": user_digest}
    values |= {"created_at": now, "expires_at": now + lifetime}
    tag = DEVICE_REQUEST.tag(work, **values)
    return work.unless_taken(_ADD, **values, tag=tag) == 1


def by_id(work: Work, request_id: str) -> DeviceRow | None:
    """Return a request by what its page is found by, whatever its state; none that was altered."""
    return _ROW.one(work, work.one(_BY_ID, id=request_id))


def by_device(work: Work, digest: str) -> DeviceRow | None:
    """Return the request of a device code, whatever its state."""
    return _ROW.one(work, work.one(_BY_DEVICE, digest=digest))


def by_user(work: Work, digest: str) -> DeviceRow | None:
    """Return the request of a code that a person typed, whatever its state."""
    return _ROW.one(work, work.one(_BY_USER, digest=digest))
