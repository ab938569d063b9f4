"""What holds of every drawing."""

import random
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from bounded_context_lab.drawing import Arrow, Box, svg

from .seen import Seen

_TEXT = st.text(max_size=12)
_GROUPS = st.sampled_from(["", "", "commands", "workflow", "<&>"])


@st.composite
def _drawings(draw: st.DrawFn) -> tuple[list[Box], list[Arrow]]:
    keys = draw(st.lists(st.from_regex(r"[a-zé<& ]{1,6}", fullmatch=True), unique=True, max_size=14))
    boxes = [
        Box(key, draw(_TEXT), draw(st.sampled_from(["", "queue", "a b"])), draw(_TEXT), draw(_GROUPS)) for key in keys
    ]
    ends = st.sampled_from(keys) if keys else st.nothing()
    arrows = draw(st.lists(st.builds(Arrow, ends, ends, _TEXT, _TEXT), max_size=30)) if keys else []
    return boxes, arrows


_every_drawing = given(drawing=_drawings())


@_every_drawing
def test_no_two_boxes_overlap(drawing: tuple[list[Box], list[Arrow]]) -> None:
    areas = Seen(*drawing).boxes()
    assert not [(first, other) for first, other in combinations(areas, 2) if areas[first].overlaps(areas[other])]
    assert set(areas) == {box.key for box in drawing[0]}


@_every_drawing
def test_every_arrow_leads_from_its_source_to_its_target(drawing: tuple[list[Box], list[Arrow]]) -> None:
    seen = Seen(*drawing)
    areas, lines = seen.boxes(), seen.lines()
    assert {(line.source, line.target) for line in lines} == {(arrow.source, arrow.target) for arrow in drawing[1]}
    for line in lines:
        assert areas[line.source].is_touched(*line.points[0]), line
        assert areas[line.target].is_touched(*line.points[-1]), line
        assert line.tip == line.points[-1]


@_every_drawing
def test_a_frame_holds_all_boxes_of_its_group_and_no_other(drawing: tuple[list[Box], list[Arrow]]) -> None:
    seen, group_of = Seen(*drawing), {box.key: box.group for box in drawing[0]}
    held = [
        sorted(key for key, area in seen.boxes().items() if frame.overlaps(area) and frame.holds(area))
        for frame in seen.frames()
    ]
    touched = [sorted(key for key, area in seen.boxes().items() if frame.overlaps(area)) for frame in seen.frames()]
    groups = sorted(sorted(key for key in group_of if group_of[key] == name) for name in {*group_of.values()} - {""})
    assert sorted(held) == sorted(touched) == groups


@_every_drawing
def test_everything_is_within_the_view(drawing: tuple[list[Box], list[Arrow]]) -> None:
    seen = Seen(*drawing)
    _, _, width, height = map(float, seen.root.attrib["viewBox"].split())
    for area in (*seen.boxes().values(), *seen.frames()):
        assert area.left >= 0
        assert area.top >= 0
        assert area.right <= width
        assert area.bottom <= height


@_every_drawing
@settings(max_examples=30)
def test_the_order_of_boxes_changes_no_byte(drawing: tuple[list[Box], list[Arrow]]) -> None:
    boxes, arrows = drawing
    mixed = random.Random(7)  # noqa: S311 (nothing secret)
    again = svg("Same", mixed.sample(boxes, len(boxes)), mixed.sample(arrows, len(arrows)))
    assert again == svg("Same", boxes, arrows)
