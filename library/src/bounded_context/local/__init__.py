"""The whole context on this machine: an embedded AWS, the real infrastructure program, the real code."""
