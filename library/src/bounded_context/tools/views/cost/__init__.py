"""The cost of a stack (`context cost`): of its registered resources, and of a list of a million rows.

`data/prices.toml` has the prices, `assumptions` the quantities that the code does not contain.
"""
