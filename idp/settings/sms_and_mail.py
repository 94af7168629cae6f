"""What the operator decides of text messages and mail: how they leave, and how many may."""

from dataclasses import dataclass
from typing import Annotated

from idp.settings.allowed import Count, NotNegative, OneOf, Secret


@dataclass(frozen=True)
class Sms:
    backend: Annotated[str, OneOf(("off", "directory", "twilio", "webhook"))]
    fallback: Annotated[str, OneOf(("", "twilio", "webhook"))]
    service: Annotated[str, OneOf(("messages", "verify"))]
    directory: str
    code_lifetime: int
    per_hour: Count
    per_source: Count
    per_prefix: Count
    per_installation: Count
    per_day: Count
    requests: Annotated[str, OneOf(("instead", "first", "never"))]
    countries: tuple[str, ...]
    number_types: tuple[str, ...]
    default_country: str
    show_digits: int
    voice: bool
    twilio_account_sid: str
    twilio_auth_token: Secret
    twilio_webhook_secret: Secret
    twilio_from: str
    twilio_messaging_service_sid: str
    twilio_verify_service_sid: str
    twilio_timeout: float
    twilio_api: str
    webhook_url: str
    webhook_secret: Secret

    @property
    def ways(self) -> tuple[str, ...]:
        """Who sends, in this order: the next one when the one before it cannot."""
        return (self.backend, self.fallback) if self.fallback else (self.backend,)


@dataclass(frozen=True)
class Mail:
    backend: Annotated[str, OneOf(("off", "directory", "smtp"))]
    directory: str
    sender: str
    host: str
    port: int
    security: Annotated[str, OneOf(("none", "starttls", "tls"))]
    username: str
    password: Secret
    timeout: float
    code_lifetime: int
    per_hour: Count
    per_minute: NotNegative
