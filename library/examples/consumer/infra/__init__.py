"""The consumer's infrastructure."""
