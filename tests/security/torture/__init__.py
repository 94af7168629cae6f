"""That the torture of the whole product holds, and that its checker would find what is broken."""
