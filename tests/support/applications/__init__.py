"""Applications for tests, speaking the protocol as relying parties do, with keys of their own."""
