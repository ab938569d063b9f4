"""A page on a terminal: rendered Markdown in the pager."""

import os

from rich.console import Console
from rich.markdown import Markdown

_WIDEST = 120


def show(text: str) -> None:
    """Show Markdown in the terminal's pager. `less` gets git's options: colours, and an end after a single screen."""
    os.environ.setdefault("LESS", "FRX")
    console = Console()
    console.width = min(console.width, _WIDEST)
    with console.pager(styles=True):
        console.print(Markdown(text, hyperlinks=False))
