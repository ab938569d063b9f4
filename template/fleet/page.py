"""The HTML page of a fleet: a picture of publishers and consumers, a table, and the findings. It has no scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..alone import alone
from .findings import Finding
from .members import Member
from .output import row, sentences
from .picture import picture
from .quotas import uses

_HERE = Path(__file__).parent
_STYLE = (_HERE / "page.css").read_text(encoding="utf-8")


def page(fleet: Sequence[Member], found: Sequence[Finding]) -> str:
    """Return the page's HTML."""
    pages = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    body = pages.get_template("page.html").render(
        contexts=[(member, row(member), list(sentences(member))) for member in fleet],
        in_step=sum(member.in_step for member in fleet),
        findings=found,
        picture=picture(fleet),
        uses=sorted(uses(fleet), key=lambda use: use.taken / use.most, reverse=True),
        day=date.today().isoformat(),
    )
    return alone("views.pages").page("Contexts of the platform", [body], _STYLE)
