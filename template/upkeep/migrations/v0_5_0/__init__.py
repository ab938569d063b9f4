"""The migration steps to 0.5.0: a module for each concern."""
