"""``template demo --contexts``: two contexts on one emulator, the second keeps a projection of what the first tells."""
