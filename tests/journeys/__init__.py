"""Change requests to fresh repositories, in the order in which a developer serves them."""
