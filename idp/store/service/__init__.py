"""What the service keeps for itself: its processes, keys in use, backups, receivers, cleaning up.

Never of one person, or of what an application was given.
"""
