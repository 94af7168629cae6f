"""The kinds of columns that all tables share."""

from sqlalchemy import BigInteger, Integer, String

Id = String(43)
"""A token of 32 bytes or a SHA-256, in base64url."""
Seconds = BigInteger().with_variant(Integer, "sqlite")
Serial = BigInteger().with_variant(Integer, "sqlite")
