"""A picture of a context: triggers and permissions, read from the resources that its program registers.

`model` reads a graph, and `readme` places the picture in the repository's README. `context
picture` prints it.
"""

from .model import Picture, picture

__all__ = ["Picture", "picture"]
