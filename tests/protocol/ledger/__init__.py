"""The ledger of evidence, as an auditor and an attacker meet it."""
