"""The set of environments as a whole: listed, measured, and shown."""
