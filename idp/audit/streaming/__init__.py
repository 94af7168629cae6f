"""Events leave the house as they happen: to a collector of logs by syslog, or to a webhook.

Owns where they go (`receivers`), the two ways there (`syslog`, `webhook`), and that every event
arrives at least once and in order, however slow a receiver is (`sending`). It never writes an
event, never drops one, and never holds up a request: a receiver that is away is only behind.
"""
