"""What stands in for others: carriers, mail servers, devices, an application's own servers."""
