"""How targets write answers, actions and programs, and how to change them."""
