"""Local run: the whole context on an embedded AWS, with its infrastructure program and its code."""
