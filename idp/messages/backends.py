"""Which way of sending a channel has, by the settings."""

from pathlib import Path

from idp.messages import reports
from idp.messages.mail import SmtpTransport
from idp.messages.transport import DirectoryTransport, NoTransport, Transport
from idp.settings.values import Settings


def backend(settings: Settings, channel: str) -> str:
    """Return what sends messages of `channel` (`sms`, `voice` or `mail`): `off` if nothing does."""
    if channel == "voice" and not settings.sms.voice:
        return "off"
    return (settings.mail if channel == "mail" else settings.sms).backend


def make(settings: Settings, channel: str) -> Transport:
    """Return the way of a channel."""
    part = settings.mail if channel == "mail" else settings.sms
    match backend(settings, channel):
        case "directory":
            chosen = Path(part.directory) if part.directory else None
            return DirectoryTransport(chosen or settings.instance_path / channel)
        case "twilio":
            return _twilio(settings, channel)
        case "smtp":
            return SmtpTransport(settings)
        case _:
            return NoTransport(channel)


def _twilio(settings: Settings, channel: str) -> Transport:
    # Here and not above, because few processes ever need it.
    from idp.messages import twilio, verify

    if settings.sms.service == "verify":
        return verify.VerifyTransport(settings.sms, channel)
    kind = twilio.TwilioCalls if channel == "voice" else twilio.TwilioTransport
    return kind(settings.sms, reports.callback(settings))
