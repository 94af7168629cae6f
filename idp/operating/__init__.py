"""What whoever runs Acrux can do with applications, people, keys and messages, each act a function.

Owns for each act who may do it, its one event and its one check of the version that was read. The
command, the console and the API are faces of it. Never reads words or requests, and shows nothing.
"""
