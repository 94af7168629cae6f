"""Events for a collector of logs: RFC 5424 over TLS, a connection for each batch.

A batch has arrived when the collector closed its side of the connection, too.
"""

import ssl
from collections.abc import Sequence

from idp.audit.ocsf import severity
from idp.audit.streaming.receivers import Receiver, UnsentError
from idp.egress import EgressError
from idp.egress.syslog import Collector, SlowError, line
from idp.store.events import EventRow

SECONDS = 30.0
"""For a whole batch."""
_SEVERITY = {1: 6, 2: 5, 3: 4, 4: 2}
"""Of OCSF's severities, those of RFC 5424: informational, notice, warning, critical."""
_BOM = "\ufeff"


def deliver(
    receiver: Receiver, rows: Sequence[EventRow], context: ssl.SSLContext, origin: str
) -> None:
    """Send events and wait until they were read. `origin` is the host that the messages name.

    Raises:
        UnsentError: they may not have arrived.
    """
    collector = Collector(receiver.host, receiver.port, context, patient=True)
    try:
        collector.send([message(row, receiver, origin) for row in rows], SECONDS)
    except SlowError:
        raise UnsentError("it did not take the events in time", too_large=True) from None
    except EgressError as error:
        raise UnsentError(f"{receiver.host}:{receiver.port}: {error.reason}") from None


def message(row: EventRow, receiver: Receiver, origin: str) -> bytes:
    """Return an event as a message, with the mark of UTF-8 before what needs it (section 6.4)."""
    text = receiver.write(row)
    marked = text if text.isascii() else _BOM + text
    return line(marked, at=row.at, host=origin, kind=row.kind, severity=_SEVERITY[severity(row)])
