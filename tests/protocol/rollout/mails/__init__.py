"""Mails ahead of a date: to whom, when, and what becomes of each."""
