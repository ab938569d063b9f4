"""What a stack costs: `just cost` counts what its program registers, and what a list of a million rows uses.

Prices stand in `data/prices.toml`, what code cannot tell in `assumptions`.
"""
