"""The holes of `holes.toml`: each is a small change of a recorded program."""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from .documents import Node
from .entries import Strict, entries
from .jobs import files
from .layouts import Edit

FILE: Final = Path(__file__).parent / "holes.toml"


class Removal(Strict):
    """The elements that the statement about an action loses."""

    action: str
    elements: tuple[str, ...]


class Hole(Strict):
    """A hole. The file describes the members."""

    name: str
    program: str
    node: tuple[str, str]
    finding: tuple[str, str]
    add: Mapping[str, Any] | None = None
    remove: Removal | None = None
    change: tuple[str, str] | None = None
    set: Mapping[str, str] = {}

    def changed(self, node: Node) -> Node:
        """Return the node with the hole. Raises AssertionError if the hole changes nothing."""
        key = "assumeRolePolicy" if node.kind == "iam/role" else "policy"
        inputs = {**node.inputs, **self.set}
        if key in inputs and not self.set:
            inputs[key] = self._document(inputs[key])
        elif self.change:
            inputs = json.loads(json.dumps(inputs).replace(*self.change))
        assert inputs != node.inputs, self.name
        return replace(node, inputs=inputs)

    def _document(self, text: str) -> str:
        document = json.loads(text)
        statements: list[dict[str, Any]] = document["Statement"]
        if self.add:
            statements.append({"Effect": "Allow", **self.add})
        for statement in statements if self.remove else ():
            if self.remove and self.remove.action in statement["Action"]:
                for element in self.remove.elements:
                    del statement[element]
        return json.dumps(document).replace(*self.change) if self.change else json.dumps(document)


@functools.cache
def holes() -> tuple[Hole, ...]:
    """Return the holes of the file."""
    return entries(FILE, "hole", Hole)


def workflows(hole: Hole) -> Mapping[str, str]:
    """Return the workflows with a hole."""
    assert hole.change
    texts = files()
    changed = texts[hole.node[1]].replace(*hole.change)
    assert changed != texts[hole.node[1]], hole.name
    return {**texts, hole.node[1]: changed}


def edit(planted: Sequence[Hole]) -> Edit:
    """Return the change that opens holes."""

    def change(program: str, nodes: list[Node]) -> list[Node]:
        for hole in planted:
            if hole.program == program:
                nodes = [hole.changed(node) if (node.kind, node.name) == hole.node else node for node in nodes]
        return nodes

    return change
