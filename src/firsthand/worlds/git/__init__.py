"""Work on repositories with real git: history is searched, joined and repaired."""
