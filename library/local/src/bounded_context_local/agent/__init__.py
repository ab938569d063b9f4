"""The MCP server of a repository: docs, check, run and invoke for a coding agent, without an account.

Each tool is a command line of `context` with fixed words. It runs in a process without AWS credentials.
"""
