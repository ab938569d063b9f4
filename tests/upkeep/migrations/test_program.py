"""The last line of a program is `finish`."""

from __future__ import annotations

from pathlib import Path

import pytest

from .repository import applied

PROGRAM = "infra/service/__main__.py"
STEP = "v0_5_0.program"
IMPORTS = (
    "from bounded_context.infra import (\n    Components,\n    Fanout,\n    Observability,\n    export_outputs,\n)\n\n"
)
MADE = "components = Components(stack, table, live)\n"
SHOWN = "observability = Observability(components)\n"
EXPORTED = "# The last line: outputs.\nexport_outputs(components, observability)\n"
OWN = 'Receipts("receipts", stack)\n'
FINISH = "finish(stack, table, live)\n"


@pytest.mark.parametrize("before", [MADE + SHOWN + OWN, MADE + OWN + SHOWN, OWN + MADE + SHOWN])
def test_a_resource_of_the_team_comes_before_the_dashboards(tmp_path: Path, before: str) -> None:
    """Wherever the team has written it."""
    files, notes = applied(STEP, tmp_path, {PROGRAM: IMPORTS + before + EXPORTED})
    lines = [line for line in files[PROGRAM].splitlines(keepends=True) if not line.startswith("#")]
    imports = "from bounded_context.infra import (\n    Fanout,\n    finish,\n)\n\n"
    assert ("".join(lines), notes) == (imports + OWN + FINISH, [])


@pytest.mark.parametrize(
    "lines",
    [
        f"{MADE}{SHOWN}show(observability)\n{EXPORTED}",
        f"{MADE}{SHOWN}show(components)\n{EXPORTED}",
        f"{MADE}observability = Own()\n{EXPORTED}",
        f"{MADE}{SHOWN}",
    ],
    ids=["uses the dashboards", "uses the components", "its own observability", "no last line"],
)
def test_other_programs_stay_and_work(tmp_path: Path, lines: str) -> None:
    """The three statements remain public names."""
    before = {PROGRAM: IMPORTS + lines}
    assert applied(STEP, tmp_path, before) == (before, [])
