"""Views about an imported list: its HTML page, and the trail of a row."""
