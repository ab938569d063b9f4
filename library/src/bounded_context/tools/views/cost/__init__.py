"""The cost of a stack (`context cost`): of its resources without traffic, and of a list of a million rows."""
