"""Draw boxes and arrows as SVG, from left to right. Uses only Python's standard library.

::

    svg("Subscriptions", [Box("a", "Subscription"), Box("b", "Payment")], [Arrow("a", "b", "SubscriptionEnded")])

Other programs load only this package, so it imports no other module of the library.
"""

from .cells import Arrow, Box
from .svg import svg

__all__ = ["Arrow", "Box", "svg"]
