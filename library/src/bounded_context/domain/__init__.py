"""What aggregates, lists, rows, events and projections are in every context: no AWS, no framework, no network."""
