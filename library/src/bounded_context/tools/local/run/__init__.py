"""The command `context run`."""
