"""``template fleet``: all repositories of a platform, side by side, and what no single one of them can see."""
