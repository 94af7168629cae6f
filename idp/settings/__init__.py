"""What the operator decides: read once, checked, and frozen.

Owns every setting, its type and the checks between settings; alone reads the environment and the
files of `config/`. It never reads the database, and nothing in it changes while a process runs.
"""
