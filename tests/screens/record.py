"""Records what the demo shows as a picture for the README: `uv run python -m tests.screens.record`."""

import html
import io
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.text import Text

FILE = Path(__file__).parents[2] / "examples" / "demo.svg"
WIDTH = 54
"""Columns of the picture, whose text is then large enough on a phone."""

_MOVES = re.compile(r"\x1b\[[0-9;?]*[A-HJ-Zf-ln-z]")
_STYLES = re.compile(r"\x1b\[[0-9;]*m")
_SECONDS = re.compile(r"\d+(\.\d\d)? s\b")
_SPINNER = re.compile("[\u2800-\u28ff]")

# As rich makes it, without its window and without fonts from elsewhere.
FORMAT = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>What `uv run template demo` shows</title>
<style>
.{unique_id}-matrix {{ font: {char_height}px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def screen() -> str:
    """Run the demo, and return what is on the screen at its end, with its colours."""
    command = [sys.executable, "-m", "template", "demo"]
    variables = {**os.environ, "COLUMNS": "200", "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    result = subprocess.run(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    return without_what_was_wiped(result.stdout)


def without_what_was_wiped(output: str) -> str:
    """Return the lines that stay: those of a spinner go, and a folder of the moment has no name."""
    lines = [_MOVES.sub("", line) for line in output.replace("\r", "\n").splitlines()]
    stay = [line for line in lines if (seen := _STYLES.sub("", line).strip()) and not _SPINNER.match(seen)]
    return re.sub(r"/\S+/Payment", "Payment", "\n".join(stay))


def drawn(output: str) -> str:
    """Return a screen as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi("$ uv run template demo\n" + output))
    return console.export_svg(title="uv run template demo", code_format=FORMAT, unique_id="demo")


def written(picture: str) -> str:
    """Return the text of a recorded screen."""
    rows: defaultdict[str, list[str]] = defaultdict(list)
    for height, text in re.findall(r'<text[^>]* y="([\d.]+)"[^>]*>([^<]*)</text>', picture):
        rows[height].append(html.unescape(text).replace("\xa0", " "))
    return "\n".join("".join(row).rstrip() for row in rows.values())


def counted(text: str) -> list[str]:
    """Return the words of a screen without the seconds, which differ between runs, and without borders."""
    return re.findall(r"[^\s─-╿]+", _SECONDS.sub("", text))


def seconds(text: str) -> dict[str, float]:
    """Return the seconds of each stage of a screen's table."""
    return {
        name.strip(): float(number) for name, number in re.findall(r"^│([\w ]+)│ *(\d+\.\d\d) s *│", text, re.MULTILINE)
    }


if __name__ == "__main__":
    FILE.write_text(drawn(screen()), encoding="utf-8")
    print(FILE)
