"""The tests of the tools of a coding agent."""
