"""Environments for other people's agents and trainers: over HTTP, WebSocket, OpenEnv and MCP.

Every session is one call of `play`, whose policy waits for what the wire brings: so an episode that
was played through a server is the episode that it would have been in this process (DESIGN law 1).
"""
