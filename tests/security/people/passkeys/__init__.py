"""Passkeys under attack: forged, replayed, broken, copied, and set up for somebody else."""
