"""Commands for the database as a whole: made, brought up to date, backed up, restored.

Owns their words and options. Never asks what a row means.
"""
