"""What applications sign with: key pairs, as they keep and as they register them, and secrets."""

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwk

from idp.oidc.clients.secrets import SIGNING_METHOD, new_secret
from idp.store.oidc import clients
from tests.support.site import Application, Site


def private_key(alg: str) -> dict[str, Any]:
    """Return a new private JWK for RS256, PS256, ES256 or Ed25519."""
    key: Any
    if alg == "ES256":
        key = jwk.ECKey.generate_key("P-256", private=True, auto_kid=True)
    elif alg == "Ed25519":
        key = jwk.OKPKey.generate_key("Ed25519", private=True, auto_kid=True)
    else:
        key = jwk.RSAKey.generate_key(2048, private=True, auto_kid=True)
    return {**key.as_dict(private=True), "alg": alg, "use": "sig"}


def key_set(key: dict[str, Any]) -> dict[str, Any]:
    """Return the public half as a client registers it in `jwks`."""
    public: dict[str, Any] = dict(jwk.import_key(key).as_dict(private=False))
    return {"keys": [public]}


def secret_to_sign_with(site: Site, app: Application) -> None:
    """Give `app` a secret that the provider keeps sealed, to verify what it signs."""
    secret = new_secret(site.installation.keyring, app.client_id, SIGNING_METHOD)
    with site.work() as work:
        clients.set_secret(work, app.client_id, secret.digest, secret.sealed)
    app.secret = secret.text


def key_files(folder: Path) -> tuple[Path, Path]:
    """Write a new RSA key into `folder`: the private and the public file."""
    key = rsa.generate_private_key(65537, 2048)
    private, public = folder / "private.pem", folder / "public.pem"
    pem = serialization.Encoding.PEM
    private.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(
        key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public
