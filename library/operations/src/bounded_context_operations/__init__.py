"""Releases and repairs of deployed stacks: deployment, traffic shifting, redrive, reseed, restore and erasure."""
