"""The format of a context's lists, for partners: as Markdown and as HTML."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from .parts import preformatted, table, text

Block = str | Sequence[str] | Mapping[str, Sequence[Sequence[str]]]
"""A heading (with ``#``), a sentence or a block of code (with backticks); items; or the rows of a table by its head."""

_HEAD: Final = "column | content | example | without the column | with an empty value"

_OBJECTS: Final = "json"
"""The language of samples whose rows are objects."""

_TABLE: Final = "csv"
"""The language of samples whose first line names the columns."""

_EXCEL: Final = (
    'Save the sheet as "CSV UTF-8 (Comma delimited)", not as a workbook (`.xlsx`).',
    "Excel writes the list separator and the decimal mark of the region settings of Windows. Where they are a "
    "semicolon and a comma, choose a region with a comma and a point, or ask us to accept your format.",
)
"""The remarks on Excel for the plain format."""

_FOR_EXCEL: Final = (
    "The names of the columns are in the first row, without a title above. Delete empty columns and rows.",
    "Excel removes zeros at the beginning of a number, and digits after the 15th: give such columns the format Text "
    "before you fill them.",
    "Look at the saved file in a text editor. Excel changes values when it opens a CSV file, and saves the changes.",
)
"""The remarks on Excel for each format."""


@dataclass(frozen=True)
class Column:
    """A column of a list. ``content`` describes its cells; ``default`` is the value of an empty cell, if one is set."""

    name: str
    content: str
    example: str
    default: str | None = None


@dataclass(frozen=True)
class ListFormat:
    """The format of a context's lists: its columns, its limits, and the codes of the report with their remedies.

    ``file`` has sentences on the format of the file, and ``sample`` is a list with one row, unless the format is plain.
    ``excel`` has remarks on how Excel saves such a file; empty if it cannot. ``code`` is the language of the sample.
    ``rows`` are the codes of rows, and ``lists`` the codes of lists as a whole, each with its meaning and its remedy.
    """

    title: str
    columns: Sequence[Column]
    rows: Mapping[str, tuple[str, str]]
    lists: Mapping[str, tuple[str, str]]
    most_mb: int
    tolerated_share: float
    temporary_names: Sequence[str]
    file: Sequence[str] = (
        "It is CSV text in UTF-8, with commas between the cells.",
        "The first line names the columns, in any order. Every other line is a row.",
        "A cell with a comma, a double quote or a line break is in double quotes. Double each double quote in it.",
    )
    sample: str = ""
    excel: Sequence[str] = _EXCEL
    code: str = _TABLE


def markdown(form: ListFormat) -> str:
    """Return the page of a format as Markdown."""
    return "\n\n".join([f"# {form.title}: lists", *map(_markdown, blocks(form))]) + "\n"


def html(form: ListFormat) -> list[str]:
    """Return the body of the page of a format as HTML, without the first heading."""
    return list(map(_html, blocks(form)))


def blocks(form: ListFormat) -> Iterator[Block]:
    """Yield the content of the page."""
    names = " ".join(f"`{name}`" for name in form.temporary_names)
    yield "A list is a file with a row for each record. This page describes the file, and the report that you receive."
    yield "## The file"
    yield [
        *form.file,
        f"The file has at most {form.most_mb} MB, and a row at most 65,536 characters.",
        "Upload the file into the folder `/incoming`, under a new name for each list.",
        *([f"A file whose name ends with {names} is ignored until you rename it."] if names else []),
    ]
    yield "## Columns"
    yield {_HEAD: [_row(column, "list" if form.code == _TABLE else "row") for column in form.columns]}
    yield _rules(form)
    yield "A list with one row:"
    plain = f"{','.join(c.name for c in form.columns)}\n{','.join(map(_cell, form.columns))}"
    yield f"```{form.code}\n{form.sample or plain}\n```"
    if form.excel:
        yield "## From Excel"
        yield [*form.excel, *_FOR_EXCEL]
    yield "## The report"
    yield (
        "After the check, `/reports` contains a report: the name of your file and `.report.csv`. "
        "It has a line for each fault. Without a fault it has only a header."
    )
    yield {
        "column of the report | content": [
            ("`line`", "the line of the file on which the row begins; empty if the whole list is at fault"),
            ("`field`", "the column of the cell; empty if the whole row is at fault"),
            ("`reason`", "a sentence with the value"),
            ("`code`", "the kind of the fault, for programs"),
            ("`remedy`", "a sentence: how to correct the fault"),
        ]
    }
    yield f"{_tolerance(form.tolerated_share)} A report has at most 10,000 lines."
    yield "## Codes of rows"
    yield {"code | meaning | remedy": _codes(form.rows)}
    yield "Every other code names a business rule."
    yield "## Codes of lists"
    yield "No row of such a list is imported."
    yield {"code | meaning | remedy": _codes(form.lists)}


def _rules(form: ListFormat) -> list[str]:
    optional = ", ".join(f"`{column.name}`" for column in form.columns if column.default is not None)
    may = f"These columns are optional: {optional}." if optional else "All columns are required."
    if form.code == _OBJECTS:
        return [
            f"{may} An object without a required member is rejected, with the code `value`.",
            "Null and an empty text are as a missing member.",
            "A member that is no column rejects its row, with the code `cells`. In the first object, it refuses the "
            "list, with the code `list-header`.",
        ]
    if form.code != _TABLE:
        return [f"{may} An empty or missing value of a required column rejects its row, with the code `value`."]
    return [
        f"{may} A list without a required column is refused as a whole, with the code `list-header`.",
        "A list with any other column is refused as a whole, with the same code.",
        "An empty value of a required column rejects its row, with the code `value`.",
    ]


def _row(column: Column, refused: str) -> tuple[str, ...]:
    default = f"`{column.default}`" if column.default else "no value"
    absent = (default, default)
    if column.default is None:
        absent = (f"the {refused} is {'refused' if refused == 'list' else 'rejected'}", "the row is rejected")
    return f"`{column.name}`", column.content, f"`{column.example}`" if column.example else "", *absent


def _cell(column: Column) -> str:
    quoted = any(sign in column.example for sign in ',"\n')
    return f'"{column.example.replace(chr(34), chr(34) * 2)}"' if quoted else column.example


def _tolerance(share: float) -> str:
    if not share:
        return "The rows of a list are imported together: one rejected row rejects the list."
    return f"If more than {share * 100:g} % of the rows are rejected, no row is imported. Otherwise all other rows are."


def _codes(codes: Mapping[str, tuple[str, str]]) -> list[tuple[str, ...]]:
    return [(f"`{code}`", *texts) for code, texts in codes.items()]


def _markdown(block: Block) -> str:
    if isinstance(block, str):
        return block
    if not isinstance(block, Mapping):
        return "\n".join(f"- {item}" for item in block)
    [(head, rows)] = block.items()
    lines = [head, "|".join("---" for _ in head.split(" | ")), *(" | ".join(_escaped(row)) for row in rows)]
    return "\n".join(f"| {line} |" if "---" not in line else f"|{line}|" for line in lines)


def _escaped(row: Sequence[str]) -> list[str]:
    return [cell.replace("|", "\\|").replace("\n", " ") for cell in row]


def _html(block: Block) -> str:
    if isinstance(block, str) and block.startswith("## "):
        return f"<h2>{escape(block[3:])}</h2>"
    if isinstance(block, str) and block.startswith("```"):
        return preformatted("\n".join(block.splitlines()[1:-1]), block.splitlines()[0].removeprefix("```"))
    if isinstance(block, str):
        return f"<p>{text(block)}</p>"
    if not isinstance(block, Mapping):
        return f"<ul>{''.join(f'<li>{text(item)}</li>' for item in block)}</ul>"
    [(head, rows)] = block.items()
    return table(head.split(" | "), ([text(cell) for cell in row] for row in rows))
