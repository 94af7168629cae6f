"""Texts of messages, and the threads that send them."""
