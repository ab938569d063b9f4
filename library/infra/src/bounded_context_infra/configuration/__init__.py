"""Configuration of a repository: its project, and the settings, names and owners of its stacks."""
