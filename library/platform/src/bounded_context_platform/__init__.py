"""Accounts, permissions, temporary stacks, and the survey of repositories."""
