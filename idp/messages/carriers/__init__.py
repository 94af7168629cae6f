"""Who carries a message out, each a module: mail servers, Twilio, any gateway, a folder of files.

Owns what each is told and what it reports; `transport` says what every one of them is. Never
decides when something is sent, or sent again.
"""
