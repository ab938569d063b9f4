"""Code of the library that a repository owns: `context eject` writes it, and records the digest of its original."""
