"""OpenID Connect and OAuth on the wire, a folder for each room of `idp.oidc`."""
