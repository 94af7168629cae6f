"""The words of SSF 1.0, CAEP 1.0 and RISC 1.0: events, ways of delivery, scopes."""

METADATA = "/.well-known/ssf-configuration"
PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"
TYPE = "secevent+jwt"
"""Of the tokens (RFC 8417 section 2.3)."""
_SSF = "https://schemas.openid.net/secevent/ssf/event-type/"
_CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
_RISC = "https://schemas.openid.net/secevent/risc/event-type/"
VERIFICATION = f"{_SSF}verification"
UPDATED = f"{_SSF}stream-updated"
SESSION_REVOKED = f"{_CAEP}session-revoked"
CREDENTIAL_CHANGE = f"{_CAEP}credential-change"
ASSURANCE_CHANGE = f"{_CAEP}assurance-level-change"
CLAIMS_CHANGE = f"{_CAEP}token-claims-change"
DISABLED = f"{_RISC}account-disabled"
ENABLED = f"{_RISC}account-enabled"
PURGED = f"{_RISC}account-purged"
CHANGE_REQUIRED = f"{_RISC}account-credential-change-required"
COMPROMISE = f"{_RISC}credential-compromise"
IDENTIFIER_CHANGED = f"{_RISC}identifier-changed"
RECOVERY_ACTIVATED = f"{_RISC}recovery-activated"
SUPPORTED = (
    SESSION_REVOKED,
    CREDENTIAL_CHANGE,
    ASSURANCE_CHANGE,
    CLAIMS_CHANGE,
    DISABLED,
    ENABLED,
    PURGED,
    CHANGE_REQUIRED,
    COMPROMISE,
    IDENTIFIER_CHANGED,
    RECOVERY_ACTIVATED,
)
