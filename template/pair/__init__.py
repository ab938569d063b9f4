"""``template demo --contexts``: two contexts on one emulator; the second projects the first's events."""
