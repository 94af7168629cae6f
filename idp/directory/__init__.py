"""Asking a directory (LDAP, Active Directory) whether a password is right, and whose it is.

Owns the line to it, its TLS and its time-outs, what is asked with which words escaped, and how an
entry is read. It never keeps anything, and never decides what a right password is worth.
"""
