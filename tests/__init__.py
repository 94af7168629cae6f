"""Every promise of Acrux, as something that can fail. Nothing here is imported by the provider."""
