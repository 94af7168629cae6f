"""What `idp.authenticators.webauthn` knows of passkeys: keys, challenges, makers and providers.

Owns how a passkey is kept, read and vouched for. Never decides whether an answer is right.
"""
