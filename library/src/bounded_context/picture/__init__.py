"""A context as a picture: who triggers whom and who may do what, of the resources that its program registers.

`model` reads a graph, `readme` has its place in the repository's README; `python -m bounded_context.picture` prints it.
"""

from .model import Picture, picture

__all__ = ["Picture", "picture"]
