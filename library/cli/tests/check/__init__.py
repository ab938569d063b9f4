"""The check of a repository: what it runs, what it leaves out, and what it says."""
