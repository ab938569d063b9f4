"""The test kit of a context: samples, in-memory adapters, and AWS in the test process."""

from ..application.ports import SystemRequest
from .functions import KNOWN, InMemorySystem, Run, Samples, on, run_list
from .in_memory import (
    InMemory,
    InMemoryAggregates,
    InMemoryCopies,
    InMemoryFiles,
    InMemoryLists,
    InMemoryProjection,
    InMemoryReferences,
    InMemorySeenIds,
)

__all__ = [
    "KNOWN",
    "InMemory",
    "InMemoryAggregates",
    "InMemoryCopies",
    "InMemoryFiles",
    "InMemoryLists",
    "InMemoryProjection",
    "InMemoryReferences",
    "InMemorySeenIds",
    "InMemorySystem",
    "Run",
    "Samples",
    "SystemRequest",
    "on",
    "run_list",
]
