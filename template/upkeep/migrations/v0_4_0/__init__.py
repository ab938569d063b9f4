"""The steps to 0.4.0: the console script `context`, the moved modules of the library, and rules in the declaration."""
