"""What the pair does, run by the second context's own Python in its own folder, with its own library."""
