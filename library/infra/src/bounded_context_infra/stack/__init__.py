"""The resources and names that all components of a stack share: its key, log groups, alarm topics and policies."""
