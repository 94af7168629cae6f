"""The encryption keys of an installation, beside its database.

Owns whether the keyring is the one of this database (`keyring_check`), and which processes are at
work and what each of them opens with (`presence`). Never makes or copies a key, and has no cipher
(`idp.crypto`).
"""
