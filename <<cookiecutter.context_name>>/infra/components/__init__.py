"""Components: each owns its resources and writes the permissions to use them. None imports another."""
