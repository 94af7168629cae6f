"""What signals to applications leave: `streams`, what waits in them (`sets`), `subjects`.

Owns the rows. What is told, to whom and in which words, `idp.signals` decides.
"""
