"""Signing out: by an application, by frames, behind the browser."""
