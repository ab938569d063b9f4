"""Repositories side by side, and what no single one of them can see."""
