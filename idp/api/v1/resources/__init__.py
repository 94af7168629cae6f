"""The rows of the API, a module for each thing: what a use case needs, and its answer."""
