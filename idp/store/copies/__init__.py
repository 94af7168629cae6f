"""Whole databases: copied while others write, counted, and put in an empty place.

Owns how SQLite and PostgreSQL do it, and what is in each table that must not outlive a restore.
Knows no file of a backup (`idp.backup`), and never decides what is to be restored.
"""
