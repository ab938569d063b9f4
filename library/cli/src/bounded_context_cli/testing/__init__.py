"""The test kit of the documents of a context: copies of other contexts' events, requests, graphs, pages."""

from .consumed import ConsumedEvents

__all__ = ["ConsumedEvents"]
