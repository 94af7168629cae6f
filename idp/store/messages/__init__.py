"""What is kept of messages: those that wait to be sent, links in them, codes that a carrier made.

Owns these tables' questions and changes. What a message says and who gets one, `idp.messages`
knows.
"""
