"""Repositories that were baked long ago: what they drifted from, and how they get to another version."""
