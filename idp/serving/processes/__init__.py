"""The processes of a server: one that starts and watches, those that serve, and one beside them.

The main process holds the listening socket and loads nothing of the application. Owns who is
started, when, and how each ends; knows nothing of what the others do.
"""
