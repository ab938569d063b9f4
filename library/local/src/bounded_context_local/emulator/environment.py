"""The emulator's own environment."""

from pathlib import Path
from typing import Final

from bounded_context_cli.programs.environment import environment

PINS: Final = Path(__file__).parents[1] / "data" / "emulator.txt"


def emulator_python(build: Path) -> Path:
    """Return the interpreter of the emulator's environment below `build`, which is created if needed.

    Functions run under this interpreter and can import its packages, so it contains only the emulator.

    Raises:
        LocalRunError: as environment.
    """
    return environment(build, PINS) / "bin" / "python"
