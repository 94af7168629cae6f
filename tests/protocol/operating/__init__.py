"""Use cases of whoever runs Acrux, beneath the command and the API."""
