"""The actors of a local run: partner, callers, subscribers, and neighbour contexts."""
