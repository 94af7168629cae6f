"""Backups of an installation, and what they bring back."""
