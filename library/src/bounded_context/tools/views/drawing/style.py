"""The style of a drawing, for the light and the dark colour scheme."""

from collections.abc import Mapping, Sequence
from typing import Final

_HUES: Final = (210, 145, 35, 275, 0, 180, 320, 90, 240, 60)
"""The hues of the kinds, in the order of the kinds' names; repeated after the last hue."""

_BASE: Final = """
.drawing { max-width: 100%; height: auto; font: 13px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif;
  --paper: #fff; --ink: #1f2328; --soft: #59636e; --wash: #f6f8fa; --rim: #d1d9e0; --fill: 94%; --edge: 48%; }
.drawing .paper { fill: var(--paper); }
.drawing text { fill: var(--ink); }
.drawing .frame { fill: var(--wash); stroke: var(--rim); stroke-dasharray: 4 3; }
.drawing .name { fill: var(--soft); font-size: 12px; font-weight: 600; }
.drawing .box text { text-anchor: middle; }
.drawing .box rect, .drawing .key rect { fill: var(--paper); stroke: var(--soft); }
.drawing .key text { fill: var(--soft); font-size: 11px; }
.drawing .line { fill: none; stroke: var(--soft); stroke-width: 1.3; }
.drawing .head { fill: var(--soft); }
.drawing .arrow:hover .line { stroke: var(--ink); stroke-width: 2.5; }
.drawing .label { fill: var(--soft); font-size: 11px; text-anchor: middle; paint-order: stroke; stroke: var(--paper);
  stroke-width: 7px; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) { .drawing { --paper: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --wash: #151b23;
  --rim: #3d444d; --fill: 18%; --edge: 55%; } }
"""

_TONE: Final = "{it} {{ fill: hsl({hue} 55% var(--fill)); stroke: hsl({hue} 50% var(--edge)); }}"


def tones(kinds: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the class that colours each kind."""
    return {kind: (f"tone-{number % len(_HUES)}",) for number, kind in enumerate(kinds)}


def _style() -> str:
    coloured = [_TONE.format(it=f".drawing .tone-{number} rect", hue=hue) for number, hue in enumerate(_HUES)]
    return _BASE + "\n".join(coloured) + "\n"


STYLE: Final = _style()
"""The style sheet; it only applies within `svg.drawing`."""
