"""The running context: its start, its clients, its observations and its result."""
