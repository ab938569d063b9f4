"""Actions and stages, in the form of CodePipeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi

Category = Literal["Source", "Build", "Test", "Deploy", "Approval"]


@dataclass(frozen=True)
class Action:
    """An action, with the artefacts that it `takes` and the artefact that it `produces`.

    Other actions read its variables as `#{namespace.VARIABLE}`.
    """

    name: str
    category: Category
    provider: str
    configuration: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    takes: tuple[str, ...] = ()
    produces: str | None = None
    namespace: str | None = None
    timeout_minutes: int | None = None

    def at(self, order: int) -> Any:
        """Return the action as the `order`-th of its stage."""
        return {
            "name": self.name,
            "category": self.category,
            "owner": "AWS",
            "provider": self.provider,
            "version": "1",
            "run_order": order,
            "configuration": self.configuration,
            "input_artifacts": [*self.takes],
            "output_artifacts": [self.produces] if self.produces else [],
            **({"namespace": self.namespace} if self.namespace else {}),
            **({"timeout_in_minutes": self.timeout_minutes} if self.timeout_minutes else {}),
        }


def stage(name: str, *actions: Action, **conditions: Any) -> Any:
    """Return a stage whose actions run in sequence, with its conditions, such as `on_failure`."""
    return {"name": name, "actions": [action.at(order) for order, action in enumerate(actions, start=1)], **conditions}
