"""Work at a shell: files are looked at, moved and made with commands, and judged afterwards."""
