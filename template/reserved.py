"""Reserved names: Python, the library or a repository uses them, so answers may not.

``reserved.json`` records the names of the installed packages, the library and a repository. ``tests/test_reserved.py``
compares the record with them, and writes it. A bake reads the record, because these packages are not installed there.
"""

from __future__ import annotations

import builtins
import json
import keyword
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .library import packages

RECORD: Mapping[str, Any] = json.loads(Path(__file__).with_name("reserved.json").read_text(encoding="utf-8"))

YAML = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
"""Words that YAML 1.1 does not read as text."""

WORDS = frozenset([*keyword.kwlist, *keyword.softkwlist, *dir(builtins)]) | YAML
"""Names that are always reserved: Python's keywords and built-ins, and YAML's words."""

STACKS = frozenset(RECORD["stacks"])
"""Stacks and other names after another context's name: no word of a context's name after the first is one of them."""

DISTRIBUTIONS = packages()
"""Packages of a repository's lock, with underscores: uv finds no versions for a project with the name of one."""

FOLDERS = frozenset([*RECORD["folders"], "build", "dist", "layer", "vendor"])
"""Folders of a repository, and those that builds create."""

MODULES = frozenset([*RECORD["modules"], *RECORD["python"], *sys.stdlib_module_names, "test"])
"""Top-level modules of a repository's environment and of Python. Python's own list lacks its package ``test``."""

CLASSES = frozenset(RECORD["classes"])
"""Classes of the library that a repository may import, and schemas of its documents."""

CLASSES_OF_CONTEXT = ("{}", "{}Details", "{}Data")
"""Classes with the context's name."""

VARIABLES = frozenset(RECORD["variables"])
"""Names in functions with a variable named after the context, and in modules with the context's constant."""

DEPLOYED = frozenset(RECORD["deployed"])
"""Lambda functions of every context."""

FUNCTIONS = DEPLOYED.union(RECORD["functions"])
"""Lambda functions of every context, and other names in the modules of a command's function."""

QUERIES_OF_CONTEXT = ("get_{}",)
QUERIES_OF_PLURAL = ("list_{}",)
"""Queries, with the context's name or its plural."""

FIXTURES = {
    "request": "pytest reserves it",
    "running": "the library runs tests with it only on the embedded AWS",
}
"""The fixtures whose names no plural may have, each with the reason: a fixture of a repository has the plural's name.

Source: pytest API reference, "request"; the library's testing/plugin.py.
"""

AMBIGUOUS = ("l", "O", "I")
"""Names that look like digits: no attribute may have them (ruff, "ambiguous-variable-name (E741)")."""

STATES = frozenset(RECORD["states"])
"""States of the workflow besides the verification."""

NAMES_OF_CONTEXT = ("{}_id", "{}")
"""Names in the modules of a command's function, with the context's name."""

FIELDS = frozenset(RECORD["fields"])
"""Attributes of pydantic's models, of their metaclass and of an item in the table, and types of a model's fields."""

PROTECTED = tuple(RECORD["protected"])
"""The starts of names that pydantic keeps for the methods of models."""

LIST_EVENTS = ("ListImported", "ListRejected")
"""The ends of the names of the events that every context publishes; they follow the context's name."""

MEASURES = frozenset(RECORD["measures"])
"""Metrics of every context. Each event also has a metric with the event's name."""

PARTITIONS = tuple(RECORD["partitions"])
"""The partitions of AWS that the library supports."""

REGIONS = tuple(region for regions in RECORD["partitions"].values() for region in regions)
"""The regions of these partitions, by botocore's data."""
