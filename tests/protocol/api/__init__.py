"""The API of whoever runs Acrux, as programs call it."""
