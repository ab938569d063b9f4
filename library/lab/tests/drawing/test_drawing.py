"""How things are drawn."""

import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from bounded_context_cli.views.picture import resources
from bounded_context_lab import drawing
from bounded_context_lab.drawing import Arrow, Box, svg
from bounded_context_lab.drawing.__main__ import overview

from .seen import Seen

_FOLDER = Path(str(drawing.__file__)).parent


def _boxes(*keys: str) -> list[Box]:
    return [Box(key, key.title()) for key in keys]


def test_later_boxes_are_further_to_the_right() -> None:
    seen = Seen(_boxes("upload", "table", "topic"), [Arrow("upload", "table"), Arrow("table", "topic")]).boxes()
    assert seen["upload"].right < seen["table"].left
    assert seen["table"].right < seen["topic"].left


def test_an_arrow_that_passes_a_column_passes_its_boxes() -> None:
    """The longest way decides on the column, and the short one leads around what is on it."""
    ways = [Arrow("upload", "function"), Arrow("function", "table"), Arrow("upload", "table")]
    seen = Seen(_boxes("upload", "function", "table"), ways)
    function = seen.boxes()["function"]
    (long,) = [line for line in seen.lines() if (line.source, line.target) == ("upload", "table")]
    beside = [y for x, y in long.points if function.left <= x <= function.right]
    assert beside
    assert all(y < function.top or y > function.bottom for y in beside)


def test_a_circle_is_drawn_and_one_of_its_arrows_leads_back() -> None:
    seen = Seen(_boxes("a", "b", "c"), [Arrow("a", "b"), Arrow("b", "c"), Arrow("c", "a")])
    boxes = seen.boxes()
    assert boxes["a"].right < boxes["b"].left < boxes["b"].right < boxes["c"].left
    (back,) = [line for line in seen.lines() if line.target == "a"]
    assert back.points[0][0] == boxes["c"].left
    assert back.points[-1][0] == boxes["a"].right


def test_a_circle_is_read_from_where_it_is_entered() -> None:
    boxes = Seen(_boxes("a", "b", "upload"), [Arrow("upload", "b"), Arrow("b", "a"), Arrow("a", "b")]).boxes()
    assert boxes["upload"].right < boxes["b"].left < boxes["b"].right < boxes["a"].left


def test_arrows_that_need_not_cross_do_not() -> None:
    """In the order of their names all three would."""
    pairs = [("a", "z"), ("b", "y"), ("c", "x")]
    boxes = Seen(_boxes(*"abcxyz"), [Arrow(*pair) for pair in pairs]).boxes()
    lefts, rights = (sorted(names, key=lambda name: boxes[name].top) for names in ("abc", "xyz"))
    assert [dict(pairs)[label] for label in lefts] == rights


def test_a_box_without_arrows_is_below() -> None:
    seen = Seen(_boxes("a", "alone", "b"), [Arrow("a", "b")]).boxes()
    assert seen["alone"].top > max(seen["a"].bottom, seen["b"].bottom)


def test_boxes_without_any_arrow_take_several_rows() -> None:
    tops = [area.top for area in Seen(_boxes(*(f"context-{number}" for number in range(30))), []).boxes().values()]
    assert 1 < len(set(tops)) < 30


def test_steps_of_a_group_are_drawn_in_a_column() -> None:
    boxes = [Box(name, name, group="workflow") for name in ("validate", "import", "register")]
    ways = [Arrow("register", "validate"), Arrow("validate", "import")]
    seen = Seen(boxes, ways).boxes()
    assert seen["register"].bottom < seen["validate"].top < seen["validate"].bottom < seen["import"].top


def test_equal_lines_from_a_frame_to_one_box_join() -> None:
    """With one label; each still begins at its own box, and one that says something else is alone."""
    boxes = [*(Box(name, name, group="commands") for name in "abc"), Box("table", "table")]
    seen = Seen(boxes, [Arrow("a", "table", "writes"), Arrow("b", "table", "writes"), Arrow("c", "table", "reads")])
    assert sorted(seen.texts("label")) == ["reads", "writes"]
    ends = {line.source: line.points[-4:] for line in seen.lines()}
    assert ends["a"] == ends["b"] != ends["c"]
    assert len({line.points[0] for line in seen.lines()}) == 3


@pytest.mark.parametrize("label", ["<b>&\"'</b>", "支払い", "Zahlung\nbezahlt", "a\x00b\x1b\ud800"])
def test_any_text_is_a_label(label: str) -> None:
    seen = Seen([Box("a", label, label, label, label)], [Arrow("a", "a", label, label)], label)
    assert seen.root.attrib["role"] == "img"
    said = "".join(character for character in label if character not in "\x00\x1b\ud800\n")
    assert said in "".join(seen.texts())


def test_a_box_is_as_wide_as_its_text() -> None:
    seen = Seen([Box("a", "i" * 10), Box("b", "支" * 10), Box("c", "x")], []).boxes()
    widths = {key: area.right - area.left for key, area in seen.items()}
    assert widths["b"] > 130
    assert widths["b"] > widths["a"] > widths["c"]


def test_the_title_is_a_label_and_notes_are_tooltips() -> None:
    seen = Seen([Box("a", "A", note="of the context")], [Arrow("a", "a", note="by itself")], "Payment & more")
    titles = [element.text for element in seen.root.iter("{http://www.w3.org/2000/svg}title")]
    assert seen.root.attrib["aria-label"] == "Payment & more"
    assert sorted(titles, key=str) == ["Payment & more", "by itself", "of the context"]


def test_kinds_have_a_legend_once_there_are_several() -> None:
    boxes = [Box("a", "A", "dead-letter"), Box("b", "B", "table")]
    assert {"dead letter", "table"} <= set(Seen(boxes, []).texts())
    assert Seen(boxes[:1], []).texts() == ["A"]


def test_it_is_readable_in_the_dark_and_loads_nothing() -> None:
    text = svg("Dark", _boxes("a", "b"), [Arrow("a", "b", "to")])
    assert "@media (prefers-color-scheme: dark)" in text
    assert "<script" not in text
    assert "url(" not in text
    assert "href" not in text


def test_several_drawings_fit_in_one_page() -> None:
    """Ids of one would be those of the others, and a style reach what is around it."""
    text = svg("Page", _boxes("a"), [])
    style = text.partition("<style>")[2].partition("</style>")[0]
    rules = [line for line in style.splitlines() if "{" in line and not line.startswith("@")]
    assert rules
    assert all(line.startswith(".drawing") for line in rules)
    assert ' id="' not in text


def test_an_arrow_from_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="'b'"):
        svg("Wrong", _boxes("a"), [Arrow("a", "b")])


def test_two_boxes_of_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="'a'"):
        svg("Wrong", _boxes("a", "a"), [])


def test_boxes_and_arrows_have_the_members_of_the_picture() -> None:
    """The drawing has its own, since it is loaded alone; `python -m` passes the members by position."""
    for kind, other in ((Box, resources.Box), (Arrow, resources.Arrow)):
        assert tuple(field.name for field in fields(kind)) == other._fields
        assert {field.name: field.default for field in fields(kind) if field.default is not MISSING} == (
            other._field_defaults
        )


def test_a_tall_drawing_is_from_top_to_bottom() -> None:
    """Arrows end at the upper side of a box, and boxes of a row do not overlap."""
    ways = [Arrow("upload", "table"), Arrow("upload", "bucket"), Arrow("table", "topic")]
    seen = Seen(_boxes("upload", "table", "bucket", "topic"), ways, tall=True)
    boxes = seen.boxes()
    assert boxes["upload"].bottom < boxes["table"].top == boxes["bucket"].top
    assert boxes["table"].bottom < boxes["topic"].top
    assert not boxes["table"].overlaps(boxes["bucket"])
    for line in seen.lines():
        assert line.tip[1] == boxes[line.target].top
        assert boxes[line.target].is_touched(*line.tip)


def test_an_overview_has_a_box_for_each_frame_and_no_arrow_that_follows_from_others() -> None:
    """Reads and boxes beside the way are left out."""
    inner = [Box("add", "Add", "function", "", "commands"), Box("drop", "Drop", "function", "", "commands")]
    boxes, arrows = overview(
        [*inner, Box("api", "API"), Box("table", "table"), Box("minute", "every minute"), Box("watch", "Watch")],
        [
            *(Arrow("api", name, "calls") for name in ("add", "drop", "table")),
            *(Arrow(name, "table", "reads, writes") for name in ("add", "drop")),
            *(Arrow("minute", "watch", "starts"), Arrow("watch", "table", "reads")),
        ],
    )
    assert {box.key: box.label for box in boxes} == {"api": "API", "commands": "commands\nAdd\nDrop", "table": "table"}
    assert {(arrow.source, arrow.target) for arrow in arrows} == {("api", "commands"), ("commands", "table")}


def test_it_is_loaded_alone() -> None:
    """By programs that have neither the library nor a package of others."""
    code = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("drawing", {str(_FOLDER / "__init__.py")!r})
module = sys.modules["drawing"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module.svg("Alone", [module.Box("a", "A")], [])[:4])
"""
    result = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert (result.stdout, result.stderr) == ("<svg\n", "")
