"""`acrux client`: what is registered, taken in, and told."""
