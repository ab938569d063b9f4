"""Draws boxes and the arrows between them as SVG, from left to right, with nothing but Python's standard library.

::

    svg("Who hears whom", [Box("a", "Subscription"), Box("b", "Payment")], [Arrow("a", "b", "SubscriptionEnded")])

Other programs load this package alone, so it imports nothing else of the library.
"""

from .page import svg
from .shapes import Arrow, Box

__all__ = ["Arrow", "Box", "svg"]
