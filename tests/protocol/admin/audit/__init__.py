"""The auditor's pages and files."""
