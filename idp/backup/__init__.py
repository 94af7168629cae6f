"""Backups of a whole installation: made, checked, put back, and what a restore must not revive.

Owns the file of a backup and its manifest, and what restoring across each event means. A backup
never holds the keyring, and is believed only as far as the keyring vouches for it. What is applied
again from an exported trail takes away and never gives: a trail that someone has written to cannot
let anyone in. It never serves, and changes no database that is in use.
"""
