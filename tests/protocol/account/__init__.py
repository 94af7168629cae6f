"""A person's own pages, as a browser without script asks for them."""
