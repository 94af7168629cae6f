"""A provider that misbehaves on purpose, to see what an application wrongly accepts.

Owns that provider, which has an address and keys of its own (`provider`, `tokens`), the ways in
which it misbehaves (`cases`), the browser that signs in with a person who does not exist (`walk`),
the proof that the application is the operator's own (`ownership`), and what is said of it all
(`running`, `advice`). It has no person, session or key of the installation, issues nothing that
anyone else could trust, and never calls an address that is not of the application it checks.
"""
