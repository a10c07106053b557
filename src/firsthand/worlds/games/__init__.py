"""Games against a secret or an opponent."""
