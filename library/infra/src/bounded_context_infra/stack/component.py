"""The base class of components."""

from typing import Any, ClassVar

import pulumi

from ..configuration.labels import Labels

LIVE = "live"
"""The alias that all callers use. The rollout moves it; this program only creates it."""


class Component(pulumi.ComponentResource):
    """A named group of resources. The resources are attributes, so a program can use any of them.

    `urn_type` is its type in Pulumi, and part of the URN of every resource below it. If it changed, an update would
    replace all these resources. It is therefore a constant, whatever the name of the class or a subclass.
    """

    urn_type: ClassVar[str]

    def __init__(self, name: str, labels: Labels) -> None:
        super().__init__(self.urn_type, name)
        self.name = name
        self.labels = labels

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Return the options of a resource below this component."""
        return pulumi.ResourceOptions(parent=self, **options)

    def stateful(self, protect: bool) -> pulumi.ResourceOptions:
        """Return the options of a resource with data. With `protect`, no update or removal of the stack deletes it."""
        return self.child(protect=protect, retain_on_delete=protect)
