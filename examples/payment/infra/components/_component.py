"""What every component has: a name, labels, and children that hang below it."""

from typing import Any

import pulumi

from ..labels import Labels

LIVE = "live"
"""The alias that everything calls; the rollout moves it, this program only creates it."""


class Component(pulumi.ComponentResource):
    """A named group of resources."""

    def __init__(self, name: str, labels: Labels) -> None:
        super().__init__(f"{labels.context}:infra:{type(self).__name__}", name)
        self.name = name
        self.labels = labels

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Options of a resource below this component."""
        return pulumi.ResourceOptions(parent=self, **options)

    def stateful(self, protect: bool) -> pulumi.ResourceOptions:
        """Options of a resource that holds data: with `protect` no update or removal of the stack destroys it."""
        return self.child(protect=protect, retain_on_delete=protect)
