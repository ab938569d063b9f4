"""The recorded graph of a repository's Pulumi program."""

from ..programs.recording import ACCOUNT, API, REGION, Cloud, Graph, Node, Program, run, service, untraced

__all__ = ["ACCOUNT", "API", "REGION", "Cloud", "Graph", "Node", "Program", "run", "service", "untraced"]
