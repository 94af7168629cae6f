"""Between the server's sockets and the application: whole requests in, whole answers out.

A thread is taken only for a request that has come in whole, and never waits for a client.
Owns header lines, bodies and the access log; knows nothing of what a request means.
"""
