"""`just check`: all that must hold before a commit, at once; or what a change can break, and again on each save."""
