"""The modules as tools of the Model Context Protocol, over standard input and output or at /mcp.

The protocol's package takes a second to load; only `server.py` and what it names load it, when somebody asks.
"""
