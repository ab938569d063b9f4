"""The domain model of every context: aggregates, lists, rows, events and projections, without AWS or network."""
