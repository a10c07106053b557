"""A life: one agent goes through a schedule of worlds, learns, sleeps, and comes back."""
