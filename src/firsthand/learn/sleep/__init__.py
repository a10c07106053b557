"""Sleep: what was learned in the prompt is confirmed, compressed, and moved into the weights."""
