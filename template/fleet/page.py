"""The HTML page of a fleet: a picture of publishers and consumers, a table, and the findings. It has no scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..alone import alone
from .consumption import remaining
from .findings import Finding
from .members import Member
from .output import HEAD, row, sentences
from .picture import picture
from .quotas import Use, uses
from .releases import table as releases_table

_HERE = Path(__file__).parent
_HALF: Final = 0.5
"""The share from which a quota is shown at once."""

_STYLE = (_HERE / "page.css").read_text(encoding="utf-8")


def page(fleet: Sequence[Member], findings: Sequence[Finding]) -> str:
    """Return the page's HTML."""
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    used = sorted(uses(fleet), key=_share, reverse=True)
    far = [use for use in used if _share(use) < _HALF]
    body = environment.get_template("page.html").render(
        contexts=[(member, list(sentences(member))) for member in fleet],
        count=len(fleet),
        table=_contexts(fleet),
        in_step=sum(member.in_step for member in fleet),
        findings=findings,
        picture=picture(fleet),
        deprecated=remaining(fleet),
        releases=releases_table(fleet),
        near=_quotas(use for use in used if _share(use) >= _HALF),
        far=_quotas(far),
        far_count=len(far),
        day=date.today().isoformat(),
    )
    return alone("cli", "views.pages").page("Contexts of the platform", [body], _STYLE)


def _contexts(fleet: Sequence[Member]) -> str:
    rows = ((_marked(member, name), *cells) for member in fleet for name, *cells in [map(escape, row(member))])
    return alone("cli", "views.pages").table(HEAD, rows, numbers=[3, 4, 5])


def _marked(member: Member, name: str) -> str:
    kind, sign = ("good", "✓") if member.in_step else ("bad", "✗")
    return f'<span class="{kind}">{sign} </span>{name}'


def _quotas(used: Iterable[Use]) -> str:
    titles = ("account", "region", "resources", "in use", "quota", "share")
    return alone("cli", "views.pages").table(titles, map(_quota, used), numbers=[3, 4])


def _quota(use: Use) -> tuple[str, ...]:
    label = f'aria-label="{use.taken} of {use.most}"'
    meter = f'<meter {label} max="{use.most}" high="{use.most * 0.8}" value="{use.taken}"></meter>'
    texts = (use.account, use.region or "all", use.quota.words, f"{use.taken:,}", f"{use.most:,}")
    return (*map(escape, texts), meter)


def _share(use: Use) -> float:
    return use.taken / use.most
