"""`context list close`."""
