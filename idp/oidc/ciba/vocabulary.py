"""The words of CIBA Core 1.0 that several of its modules read."""

ENDPOINT = "backchannel_authentication"
"""The last part of the endpoint's address."""
PARAMETERS = (
    *("scope", "acr_values", "login_hint", "login_hint_token", "id_token_hint"),
    *("binding_message", "user_code", "requested_expiry", "client_notification_token"),
    # Not of CIBA: they mean what they mean at /authorize.
    *("max_age", "claims", "resource", "authorization_details"),
)
"""What the endpoint knows (section 7.1); anything else is ignored."""
