"""A context on an embedded AWS."""
