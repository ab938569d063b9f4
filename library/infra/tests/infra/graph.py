"""The graphs of the default context, and of those of other shapes: one program, with another declaration."""

import functools
import importlib
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bounded_context.declaration.context import Context
from bounded_context_cli.programs.recording import (
    ACCOUNT,
    API,
    REGION,
    Cloud,
    Graph,
    Node,
    Program,
    recorded,
    run,
    service,
    untraced,
)
from bounded_context_infra.configuration.project import current

from .contexts import DEFAULT, SHAPES

__all__ = [
    "ACCOUNT",
    "API",
    "CONTEXT",
    "DELIVERED",
    "HOST_KEY",
    "NETWORK",
    "PARTNERS",
    "REGION",
    "SERVICE",
    "STACKS",
    "Cloud",
    "Graph",
    "Node",
    "Program",
    "run",
    "run_context",
    "run_shape",
    "stack_config",
    "untraced",
]

CONTEXT = DEFAULT
SERVICE = current().service
SHAPED = Path(__file__).parent
"""The folder of the other contexts' declarations: their graphs depend on its files."""

STACKS = ("dev", "staging", "prod", "local")

PARTNERS: dict[str, dict[str, Any]] = {
    "acme": {"public_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzjCAi5BRf9toDsqH1l2QQI3dqkOtnXuj0wdgnlKkLK acme"]},
    "globex": {"public_keys": []},
}

HOST_KEY = (
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMbXEgYvntV4Qeanltt6xRhTmUtUy6QEk9apKNo2E6"
    "Mbe7Pkn5lpi93r4UfauM9SQs6wbVDGKKBZRPrpFEJlWVY="
)
DELIVERED: dict[str, dict[str, Any]] = {
    "acme": {"deliver": "sftp://sftp.acme.example:2222/inbox/daily", "host_keys": [f"{HOST_KEY} acme's server"]},
    "globex": {"public_keys": []},
}
"""A partner with an own server and without a home, and a partner with a home."""

NETWORK: dict[str, Any] = {
    "sftp": "dedicated",
    "sftp_vpc": {
        "vpc_id": "vpc-0123456789abcdef0",
        "subnet_ids": ["subnet-0123456789abcdef0", "subnet-fedcba9876543210f"],
    },
    "sftp_host_name": "sftp.example.org",
    "sftp_host_zone": "Z0123456789ABC",
    "sftp_host_key": {"secure": "v1:abc"},
    "partners": {
        "acme": {**PARTNERS["acme"], "addresses": ["203.0.113.7", "198.51.100.0/24"]},
        "globex": {"public_keys": [], "addresses": ["198.51.100.0/24"]},
    },
}
"""An SFTP server in a VPC, with a name and a key of its own."""


def stack_config(stack: str) -> dict[str, str]:
    """The config of a stack of the default context."""
    return service().config(stack)


@functools.lru_cache(maxsize=8)
def run_shape(name: str, stack: str) -> Graph:
    """The graph of one of SHAPES as `stack`, whose file is that of the default context."""
    return recorded(f"{name} as {stack}", lambda: run_context(SHAPES[name], stack), current().root, SHAPED)


def run_context(context: Context[Any], stack: str, **settings: Any) -> Graph:
    """The graph of a context: that of the repository's program where `context` is what its package declares."""
    ours = f"{CONTEXT.name}:"
    config = service().config(stack, **settings)
    config = {key.replace(ours, f"{context.name}:") if key.startswith(ours) else key: v for key, v in config.items()}
    module, _, name = str(current().settings["context"]).partition(":")
    with patch.object(importlib.import_module(module), name, context):
        return Program(SERVICE, context.name).run_with(stack, config)
