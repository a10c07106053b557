"""Learning in tokens: lessons are written, measured, proven, and kept in the prompt."""
