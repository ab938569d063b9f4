"""`context erase`."""
