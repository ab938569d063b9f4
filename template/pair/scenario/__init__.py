"""What the pair does, run by the second context's own Python in its own folder: its ``local`` is on the path there."""
