"""The test kit of a context: samples, in-memory adapters, and AWS in the test process."""

from ..application.systems import SystemRequest
from .functions import InMemorySystem, Run, run_list
from .in_memory import (
    InMemory,
    InMemoryAggregates,
    InMemoryFiles,
    InMemoryLists,
    InMemoryProjection,
    InMemoryReferences,
    InMemorySeenIds,
)
from .samples import KNOWN, Samples

__all__ = [
    "KNOWN",
    "InMemory",
    "InMemoryAggregates",
    "InMemoryFiles",
    "InMemoryLists",
    "InMemoryProjection",
    "InMemoryReferences",
    "InMemorySeenIds",
    "InMemorySystem",
    "Run",
    "Samples",
    "SystemRequest",
    "run_list",
]
