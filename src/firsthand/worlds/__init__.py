"""The native environments: one folder a domain, one file a family."""
