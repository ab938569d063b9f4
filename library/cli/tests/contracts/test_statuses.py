"""The diagram of statuses: all that is declared and nothing else, in a form that mermaid takes for any names."""

import re
from pathlib import Path
from typing import Any

import pytest

from bounded_context import Context
from bounded_context_cli.command.output import README, with_diagram
from bounded_context_cli.contracts.documents import diagram
from tests.contexts import CONTEXTS, ORDER, PARCEL
from tests.infra.contexts import LARGE

over_all = pytest.mark.parametrize("context", [*CONTEXTS, PARCEL, LARGE], ids=lambda context: context.name)
STATE = re.compile(r'state "([A-Z0-9_]+)" as (is_\1)')
ARROW = re.compile(r"(\[\*\]|is_\w+) --> (\[\*\]|is_\w+): (\w+)")

DRAWN = """\
```mermaid
stateDiagram-v2
    accTitle: Statuses of the order
    accDescr: Each arrow is a command, from a status where it may start to the one that it leaves
    state "PLACED" as is_PLACED
    state "PACKED" as is_PACKED
    state "SHIPPED" as is_SHIPPED
    [*] --> is_PLACED: PlaceOrder
    is_PLACED --> is_PACKED: PackOrder
    is_PACKED --> is_SHIPPED: ShipOrder
    is_PLACED --> [*]: CancelOrder
    is_PACKED --> [*]: CancelOrder
```
"""


def _lines(context: Context[Any]) -> list[str]:
    kind, title, description, *lines, end = diagram(context).split("\n")
    assert (kind, end) == ("stateDiagram-v2", "")
    assert title.startswith("    accTitle: ")
    assert description.startswith("    accDescr: ")
    return [line.removeprefix("    ") for line in lines]


def test_a_diagram_reads_as_its_declaration():
    """In the order of the statuses, and of the commands and from where they start."""
    assert f"```mermaid\n{diagram(ORDER)}```\n" == DRAWN


@over_all
def test_each_line_is_a_status_or_a_command(context: Context[Any]):
    """Names that mermaid has for itself (``NOTE``, ``STATE``) are ids nowhere."""
    states = [match for line in _lines(context) if (match := STATE.fullmatch(line))]
    arrows = [match for line in _lines(context) if (match := ARROW.fullmatch(line))]
    assert len(states) + len(arrows) == len(_lines(context))
    assert [state[1] for state in states] == [status.name for status in context.statuses]
    assert {end for arrow in arrows for end in (arrow[1], arrow[2])} == {"[*]", *(state[2] for state in states)}


@over_all
def test_the_arrows_of_a_command_are_its_transitions(context: Context[Any]):
    """One for each status from which it starts."""
    arrows = [(match[3], match[1], match[2]) for line in _lines(context) if (match := ARROW.fullmatch(line))]
    for command in context.commands:
        end = "[*]" if command.status is None else f"is_{command.status.name}"
        starts = [f"is_{status.name}" for status in command.after] or ["[*]"]
        assert [arrow for arrow in arrows if arrow[0] == command.name] == [
            (command.name, start, end) for start in starts
        ]


def test_the_diagram_has_its_place_in_the_readme(tmp_path: Path):
    """Other diagrams, of states too, are the team's."""
    others = "```mermaid\nstateDiagram-v2\n    [*] --> Mine\n```\n"
    text = f"# Order\n\n{others}\n{DRAWN.replace('CancelOrder', 'DropOrder')}\nMore.\n\n{others}"
    (tmp_path / README).write_text(text, encoding="utf-8")
    assert with_diagram(tmp_path, diagram(ORDER)) == f"# Order\n\n{others}\n{DRAWN}\nMore.\n\n{others}"


def test_a_readme_without_a_diagram_gets_one_at_its_end(tmp_path: Path):
    """And one that is not there."""
    assert with_diagram(tmp_path, diagram(ORDER)) == f"\n{DRAWN}"
    (tmp_path / README).write_text("# Order\n", encoding="utf-8")
    assert with_diagram(tmp_path, diagram(ORDER)) == f"# Order\n\n{DRAWN}"
