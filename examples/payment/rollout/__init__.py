"""Moves the traffic of a stack to its newest versions, step by step, and back."""
