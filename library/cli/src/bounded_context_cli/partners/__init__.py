"""The partners of a stack: their entries in its file, and the sheet that they need to connect."""
