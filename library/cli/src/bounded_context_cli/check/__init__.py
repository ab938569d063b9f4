"""`context check`: all checks before a commit, in parallel, or only the checks that a change can break."""
