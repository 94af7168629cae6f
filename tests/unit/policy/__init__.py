"""The policy, cell by cell."""
