"""Mails ahead of a stage's date: which is due when, to whom, in which words, and whom none reached.

Owns the going through everyone (`notices`), the days (`dates`), the words (`letters`) and the list
of whom to call (`call_list`). Sending is the outbox's.
"""
