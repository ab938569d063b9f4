"""The delivery pipeline of a context: `Delivery` makes it from the steps of the other modules."""

from .delivery import Delivery

__all__ = ["Delivery"]
