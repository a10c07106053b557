"""Fixed attacks, as the catalogue of known exploits has them."""
