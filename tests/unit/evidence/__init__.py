"""The form of the ledger: what anyone can compute again."""
