"""The attacks: one check, one file, one idea."""
