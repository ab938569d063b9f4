"""The delivery pipeline of a context: `Delivery` makes it, the other modules are the steps that it runs."""

from .delivery import Delivery

__all__ = ["Delivery"]
