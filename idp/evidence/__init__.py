"""What an auditor can check without trusting us. Owns the form of the ledger: canonical JSON, the
Merkle tree over its leaves, its tiles, proofs and signed checkpoints.

Pure besides hashing and signing: leaves, hashes and keys come in, bytes and answers go out, time is
an argument. It never reads or writes a row or a file, and decides nothing of a sign-in.
Everything that someone else needs to check it again stands in docs/ledger.md.
"""
