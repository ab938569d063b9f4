"""What every component has: a type, a name, labels, and children that hang below it."""

from typing import Any, ClassVar

import pulumi

from ..labels import Labels

LIVE = "live"
"""The alias that everything calls; the rollout moves it, this program only creates it."""


class Component(pulumi.ComponentResource):
    """A named group of resources, which are attributes: a program goes on from any of them.

    `urn_type` is its type to Pulumi, and a part of the URN of all that hangs below it: with another one, an update
    would replace all of that. So it is written out, and stays, whatever the class or a subclass is called.
    """

    urn_type: ClassVar[str]

    def __init__(self, name: str, labels: Labels) -> None:
        super().__init__(self.urn_type, name)
        self.name = name
        self.labels = labels

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Options of a resource below this component."""
        return pulumi.ResourceOptions(parent=self, **options)

    def stateful(self, protect: bool) -> pulumi.ResourceOptions:
        """Options of a resource that holds data: with `protect` no update or removal of the stack destroys it."""
        return self.child(protect=protect, retain_on_delete=protect)
