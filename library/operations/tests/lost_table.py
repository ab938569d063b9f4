"""The commands of a section of the runbook, by default for a table that is gone, with the values of a stack."""

import re
import shlex
from collections.abc import Iterator

from bounded_context_cli.docs import section

_BLOCK = re.compile(r"^```sh account\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(program: str, anchor: str = "the-table-itself-is-gone", **values: str) -> Iterator[list[str]]:
    """Yield the words of each command of a program, without its name."""
    text = "".join(_BLOCK.findall(section("runbook", anchor))).replace("\\\n", "")
    for name, value in values.items():
        text = text.replace(f"<{name}>", value)
    lines = (shlex.split(line, comments=True) for line in text.splitlines())
    return (words for first, *words in lines if first == program)
