"""The pytest plugin of a repository: its promises, and the copies of other contexts' events."""
