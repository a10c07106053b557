"""Programs that people keep: repair, reshape, and write them."""
