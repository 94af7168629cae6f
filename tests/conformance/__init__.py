"""The OpenID Foundation's conformance plans, module by module, over TLS with several workers."""
