"""Checks of a recorded graph, by the id of a rule. Each returns the names of the resources that violate the rule."""

from . import alarms, archives, data, delivery, keys, messages, workflow  # noqa: F401 (they register their checks)
from .register import CHECKS

__all__ = ["CHECKS"]
