"""APIs with scopes and types of details of their own."""
