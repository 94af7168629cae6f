"""Server processes, and proxies before them."""
