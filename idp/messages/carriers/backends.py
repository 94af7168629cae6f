"""Which ways of sending a channel has, by the settings."""

from pathlib import Path

from idp.messages.carriers import reports
from idp.messages.carriers.gateway import GatewayTransport
from idp.messages.carriers.mail import SmtpTransport
from idp.messages.carriers.transport import DirectoryTransport, NoTransport, Transport
from idp.settings.values import Settings


def backend(settings: Settings, channel: str) -> str:
    """Return what sends messages of `channel` (`sms`, `voice` or `mail`): `off` if nothing does."""
    if channel == "voice" and not settings.sms.voice:
        return "off"
    return (settings.mail if channel == "mail" else settings.sms).backend


def ways(settings: Settings, channel: str) -> tuple[Transport, ...]:
    """Return the ways of a channel, in the order in which they are tried."""
    first = backend(settings, channel)
    names = (first,) if channel == "mail" or first == "off" else settings.sms.ways
    return tuple(_make(settings, channel, name) for name in names)


def make(settings: Settings, channel: str) -> Transport:
    """Return the first way of a channel."""
    return _make(settings, channel, backend(settings, channel))


def _make(settings: Settings, channel: str, name: str) -> Transport:
    part = settings.mail if channel == "mail" else settings.sms
    match name:
        case "directory":
            chosen = Path(part.directory) if part.directory else None
            return DirectoryTransport(chosen or settings.instance_path / channel)
        case "twilio":
            return _twilio(settings, channel)
        case "webhook":
            return GatewayTransport(settings, channel)
        case "smtp":
            return SmtpTransport(settings)
        case _:
            return NoTransport(channel)


def _twilio(settings: Settings, channel: str) -> Transport:
    # Here and not above, because few processes ever need it.
    from idp.messages.carriers import twilio, verify

    if settings.sms.service == "verify":
        return verify.VerifyTransport(settings.sms, channel)
    kind = twilio.TwilioCalls if channel == "voice" else twilio.TwilioTransport
    return kind(settings.sms, reports.callback(settings))
