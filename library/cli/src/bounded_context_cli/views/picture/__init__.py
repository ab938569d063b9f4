"""A picture of a context: triggers and permissions, read from the resources that its program registers.

`context picture` prints a Mermaid flowchart, or writes it into the repository's README. AWS is not called.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Annotated, Final

from typer import Argument, Option

from bounded_context_infra.configuration.project import ProjectError

from ...command.installed import repository
from ...command.output import README as README
from ...command.output import refuse, write_diagram
from ...programs import PRODUCTION
from ...programs.recording import service
from .model import Picture, merged, picture
from .resources import Arrow, Box

__all__ = ["Picture", "picture"]


_SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    "HTTP API": ("([", "])"),
    "SFTP server": ("([", "])"),
    "schedule": ("([", "])"),
    "events": ("([", "])"),
    "topic of another context": ("([", "])"),
    "bucket": ("[(", ")]"),
    "table": ("[(", ")]"),
    "topic": ("{{", "}}"),
    "workflow": ("[[", "]]"),
}
"""The delimiters of a box's text by its kind; square brackets for other kinds."""

_ESCAPED: Final[Mapping[str, str]] = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\n": "<br>"}


def flowchart(picture: Picture) -> str:
    """Return the picture as mermaid text, without the Markdown fence.

    If at least two boxes of a frame, or its only box, have an arrow to the same box, one arrow with all labels connects
    the frame. Arrows with the same label and target share one line.
    """
    frames = _frames(picture.boxes)
    ids = _ids([*(box.key for box in picture.boxes), *frames])
    arrows = _framed(_framed(picture.arrows, frames), frames, into=True)
    lines = [f"accTitle: {_text(picture.title)}", *_boxes(picture.boxes, ids), *_lines(arrows, ids)]
    return "\n    ".join(["flowchart LR", *lines]) + "\n"


def _frames(boxes: Sequence[Box]) -> Mapping[str, frozenset[str]]:
    """Return the keys of the boxes in each frame."""
    groups = sorted({box.group for box in boxes} - {""})
    return {_frame(group): frozenset(box.key for box in boxes if box.group == group) for group in groups}


def _frame(group: str) -> str:
    return f"frame {group}"


def _ids(keys: Iterable[str]) -> Mapping[str, str]:
    """Return a unique ASCII word for each key. Each has an underscore, unlike mermaid's keywords such as `end`."""
    ids: dict[str, str] = {}
    for key in keys:
        word = re.sub(r"[^A-Za-z0-9]", lambda match: "_" if match[0].isascii() else f"u{ord(match[0]):x}", key)
        words = chain([word if "_" in word else f"{word}_"], (f"{word}_{number}" for number in count(2)))
        ids[key] = next(candidate for candidate in words if candidate not in ids.values())
    return ids


def _boxes(boxes: Sequence[Box], ids: Mapping[str, str]) -> Iterator[str]:
    yield from (_box(box, ids) for box in boxes if not box.group)
    for group in sorted({box.group for box in boxes} - {""}):
        yield f'subgraph {ids[_frame(group)]} ["{_text(group)}"]'
        yield from (f"    {_box(box, ids)}" for box in boxes if box.group == group)
        yield "end"


def _box(box: Box, ids: Mapping[str, str]) -> str:
    left, right = _SHAPES.get(box.kind, ("[", "]"))
    return f'{ids[box.key]}{left}"{_text(box.label)}"{right}'


def _framed(arrows: Sequence[Arrow], frames: Mapping[str, frozenset[str]], *, into: bool = False) -> list[Arrow]:
    """Replace arrows that several boxes of a frame share by an arrow from the frame (or to the frame, with `into`)."""
    within = {key: frame for frame, keys in frames.items() for key in keys}
    edges = [_turn(arrow, into) for arrow in arrows]
    shared = Counter((within.get(arrow.source), arrow.target) for arrow in edges if not _is_within(arrow, within))
    lifted = {pair for pair, arrows in shared.items() if pair[0] and arrows >= min(2, len(frames[pair[0]]))}
    moved = (
        Arrow(within[arrow.source], arrow.target, arrow.label)
        if (within.get(arrow.source), arrow.target) in lifted and not _is_within(arrow, within)
        else arrow
        for arrow in edges
    )
    return [_turn(arrow, into) for arrow in merged(moved)]


def _is_within(arrow: Arrow, within: Mapping[str, str]) -> bool:
    return within.get(arrow.source) == within.get(arrow.target, "")


def _turn(arrow: Arrow, into: bool) -> Arrow:
    return Arrow(arrow.target, arrow.source, arrow.label) if into else arrow


def _lines(arrows: Sequence[Arrow], ids: Mapping[str, str]) -> Iterator[str]:
    for target, label, sources in _alike(arrows):
        connector = f'-- "{_text(label)}" -->' if label else "-->"
        yield f"{' & '.join(ids[source] for source in sources)} {connector} {ids[target]}"


def _alike(arrows: Sequence[Arrow]) -> list[tuple[str, str, list[str]]]:
    """Return each target with a label and its sources, sorted by the first source."""
    sources_by_end: dict[tuple[str, str], list[str]] = {}
    for arrow in sorted(arrows):
        sources_by_end.setdefault((arrow.target, arrow.label), []).append(arrow.source)
    return sorted(((*end, sources) for end, sources in sources_by_end.items()), key=lambda line: (line[2], *line[:2]))


def _text(text: str) -> str:
    """Return a label with mermaid's special characters escaped, without unprintable characters."""
    printable_text = "".join(character for character in text if character.isprintable() or character == "\n")
    return "".join(_ESCAPED.get(character, character) for character in printable_text)


def picture_(
    stack: Annotated[str, Argument(help="the Pulumi stack")] = PRODUCTION,
    readme: Annotated[bool, Option("--readme", help=f"write the diagram of {PRODUCTION} into {README}")] = False,
    output: Annotated[Path | None, Option(help="write the picture into this file, and print its name")] = None,
) -> int:
    """Draw the resources of a stack: which triggers which, and which permissions they have.

    Examples:
      context picture dev        the stack dev, as a Mermaid diagram for Markdown
      context picture --readme   renew the picture in README.md

    Exit status:
      0  the picture is drawn
      2  nothing could be drawn
    """
    try:
        project = repository()
        drawn_stack = PRODUCTION if readme else stack
        drawing = picture(project.context, service().graph(drawn_stack), drawn_stack)
        if readme:
            is_new = write_diagram(project.root, flowchart(drawing))
            sys.stdout.write(f"{README} has a new picture\n" if is_new else "")
        else:
            _print(flowchart(drawing), output)
    except (ProjectError, OSError) as error:
        return refuse(str(error))
    return 0


def _print(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    output.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{output}\n")
