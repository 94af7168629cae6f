"""Addresses that clients name: what is fetched, and how they may be spelled."""
