"""The delivery pipeline: its program, its steps, and their commands in a real shell."""
