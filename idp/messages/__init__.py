"""Text messages and mails: what they say, and how each reaches its person or is known not to have.

Owns the texts (templates/messages), the senders and the ways to send: Twilio, SMTP, or a directory
of files for demo and tests. A message is stored sealed in the transaction that causes it, and sent
after that transaction, by this process at once or by `acrux worker` later. Never decides whether a
person may get a message, never calls a network inside a transaction, and never lets a number, an
address, a code or a text into a log or an error.
"""

from idp.messages.post import Post

__all__ = ["Post"]
