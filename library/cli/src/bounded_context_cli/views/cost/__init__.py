"""The cost of a stack (`context cost`): of its resources without traffic, and of a million rows and their storage."""
