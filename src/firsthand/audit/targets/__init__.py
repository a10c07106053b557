"""What can be audited: one file a kind of target, each behind the same few methods."""
