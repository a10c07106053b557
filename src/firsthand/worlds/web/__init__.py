"""Work on real servers and in a real browser, on this machine only."""
