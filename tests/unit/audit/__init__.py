"""Forms of the trail that others read."""
