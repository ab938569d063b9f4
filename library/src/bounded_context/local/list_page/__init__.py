"""The page of one list: its rows, why some were rejected, its parts, and how long each step took."""
