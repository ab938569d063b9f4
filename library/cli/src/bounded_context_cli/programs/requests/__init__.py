"""The requests that Pulumi's AWS provider sends for each type of resource, from `data/resources.toml`."""

from .calls import Call, call
from .table import KINDS

__all__ = ["KINDS", "Call", "call"]
