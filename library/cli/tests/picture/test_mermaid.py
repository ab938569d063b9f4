"""A picture as mermaid: forms that mermaid takes, for any names; what a frame's boxes share is one arrow."""

import re
from pathlib import Path
from typing import Any

import pytest

from bounded_context import Context
from bounded_context_cli.command.output import with_diagram, write_diagram
from bounded_context_cli.views.picture import Picture, flowchart, picture
from bounded_context_cli.views.picture.resources import Arrow, Box
from tests.contexts import CONTEXTS
from tests.infra.graph import CONTEXT, PARTNERS, run, run_context

TEXT = r'"[^"\n`<>]*(?:<br>[^"\n`<>]*)*"'
BOX = re.compile(rf"(\w+)(\[{TEXT}\]|\[\({TEXT}\)\]|\[\[{TEXT}\]\]|\(\[{TEXT}\]\)|\{{\{{{TEXT}\}}\}})")
FRAME = re.compile(rf"subgraph (\w+) \[{TEXT}\]")
ARROW = re.compile(rf"(\w+(?: & \w+)*) (?:-- {TEXT} )?--> (\w+)")

_HARD = '支払い "x" `a` <b>#35; [c](d) {{e}} |f|\n&'


def _lines(drawing: Picture) -> list[str]:
    kind, title, *lines = flowchart(drawing).rstrip("\n").split("\n")
    assert kind == "flowchart LR"
    assert title.startswith("    accTitle: ")
    return [line.strip() for line in lines]


def _checked(drawing: Picture) -> list[str]:
    """The lines, each of which is a box, a frame or an arrow between these; ids are words of ASCII, used once."""
    lines = _lines(drawing)
    ids = [match[1] for line in lines if (match := BOX.fullmatch(line) or FRAME.fullmatch(line))]
    arrows = [match for line in lines if (match := ARROW.fullmatch(line))]
    assert len(ids) + len(arrows) + lines.count("end") == len(lines)
    assert len(ids) == len(set(ids))
    assert all(box_id.isascii() for box_id in ids)
    assert {key for arrow in arrows for key in (*arrow[1].split(" & "), arrow[2])} <= set(ids)
    return lines


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.name)
def test_each_line_is_a_box_a_frame_or_an_arrow(context: Context[Any]) -> None:
    lines = _checked(picture(context, run_context(context, "prod"), "prod"))
    assert all(f'function_{command.function}["{command.name}"]' in lines for command in context.commands)


def test_names_of_any_script_are_labels_and_ids_nowhere() -> None:
    boxes = [Box(f"{_HARD}{number}", _HARD, _HARD, group=_HARD * (number % 2)) for number in range(4)]
    lines = _checked(Picture("any", boxes, [Arrow(boxes[0].key, boxes[1].key, _HARD)]))
    assert sum("支払い #quot;x#quot; #96;a#96; #lt;b#gt;#35;35; [c](d) {{e}} |f|<br>&" in line for line in lines) == 6


def test_words_of_mermaid_s_own_are_no_ids() -> None:
    """And what would be the same word is told apart."""
    keys = ["end", "style", "a b", "a-b", "a_b_2", "a b 2"]
    boxes = [line.partition("[")[0] for line in _checked(Picture("words", [Box(key, key) for key in keys], []))]
    assert boxes == ["end_", "style_", "a_b", "a_b_2", "a_b_2_2", "a_b_2_3"]


def test_a_shared_target_of_the_boxes_of_a_frame_is_one_arrow() -> None:
    """Two of them, or all; what one of several does is its own."""
    boxes = [Box("a", "A", group="g"), Box("b", "B", group="g"), Box("c", "C", group="g"), Box("t", "T"), Box("u", "U")]
    arrows = [Arrow("a", "t", "reads"), Arrow("b", "t", "writes"), Arrow("c", "u"), Arrow("u", "a"), Arrow("u", "b")]
    lines = _checked(Picture("shared", boxes, [*arrows, Arrow("a", "b")]))
    assert [line for line in lines if "-->" in line] == [
        "a_ --> b_",
        "c_ --> u_",
        'frame_g -- "reads, writes" --> t_',
        "u_ --> frame_g",
    ]


def test_a_partner_does_not_change_the_picture() -> None:
    """A README stays current when a stack's first partner is added."""
    with_partners = run("prod", sftp="dedicated", partners=PARTNERS)
    assert flowchart(picture(CONTEXT, with_partners, "prod")) == flowchart(picture(CONTEXT, run("prod"), "prod"))


def test_a_readme_keeps_its_text_around_the_picture(tmp_path: Path) -> None:
    """A team's own flowchart too; without one it comes at the end."""
    drawing = picture(CONTEXT, run("prod"), "prod")
    mine = "# Mine\n\n```mermaid\nflowchart LR\n    accTitle: Mine\n    a --> b\n```\n"
    (tmp_path / "README.md").write_text(mine, encoding="utf-8")
    assert write_diagram(tmp_path, flowchart(drawing))
    first = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert first == f"{mine}\n```mermaid\n{flowchart(drawing)}```\n"
    (tmp_path / "README.md").write_text(f"{first.replace('RegisterPayment', 'Old')}\nAfter it.\n", encoding="utf-8")
    assert with_diagram(tmp_path, flowchart(drawing)) == f"{first}\nAfter it.\n"
    assert write_diagram(tmp_path, flowchart(drawing))
    assert not write_diagram(tmp_path, flowchart(drawing))
