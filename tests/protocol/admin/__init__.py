"""The auditor's page and files."""
