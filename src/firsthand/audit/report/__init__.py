"""The certificate, and how it is shown."""
