"""A person's rows in files whose columns have no names: neighbours touch each other."""

from io import BytesIO
from typing import Final

from bounded_context.domain.formats import FileFormat
from bounded_context.testing.functions import assembled
from bounded_context_operations.repair.erase.person import Person, Search, search, search_as

PERSON: Final = Person("id", "id-1", {"name": "erased"})
FIXED: Final = FileFormat(kind="fixed", columns={"id": "2-5", "name": "6-15"}, record="D", control={"last": "T"})
FILE: Final = b"Did-1Ada       \nDid-2Grace     \nT  \n"


def _search(data: bytes, format_: FileFormat) -> Search:
    return search_as(PERSON, lambda: BytesIO(data), format_)


def test_a_row_is_found_between_its_neighbours():
    """The text alone does not show it: the identity is no word there."""
    assert search(PERSON, lambda: BytesIO(FILE)) == Search()
    assert _search(FILE, FIXED) == Search({1})


def test_a_row_of_another_that_names_the_identity_is_reported():
    assert _search(FILE.replace(b"Ada  ", b"id-1 ").replace(b"Did-1", b"Did-3"), FIXED) == Search(outside=True)


def test_text_outside_of_the_columns_of_xml_is_reported():
    """A row of the person has its number."""
    xml = FileFormat(kind="xml", record="File/Row", columns={"id": "Id", "name": "Name"})
    rows = b"<Row><Id>id-2</Id><Name>Grace</Name><Note>%s</Note></Row><Row><Id>%s</Id><Name>Ada</Name></Row>"
    assert _search(b"<File>" + rows % (b"", b"id-1") + b"</File>", xml) == Search({2})
    assert _search(b"<File>" + rows % (b"see id-1", b"id-3") + b"</File>", xml) == Search(outside=True)
    assert _search(b"<File>" + rows % (b"", b"id-3") + b"</File>", xml) == Search()


def test_the_rows_of_a_workbook_are_searched():
    """The text alone would be reported as unread."""
    xlsx = FileFormat(kind="xlsx")
    data = assembled([["id", "name"], ["id-2", "Grace"], ["id-1", "Ada"]], xlsx)
    assert search(PERSON, lambda: BytesIO(data)).unread
    assert _search(data, xlsx) == Search({3})
    assert _search(assembled([["id", "name"], ["id-2", "like id-1"]], xlsx), xlsx) == Search(outside=True)
    assert _search(data[:-50], xlsx).unread


def test_a_line_that_is_no_row_is_searched_as_text():
    """A row of the person is found between such lines, also in a workbook."""
    assert _search(FILE.replace(b"T  ", b"T for id-1").replace(b"Did-1", b"Did-3"), FIXED) == Search(outside=True)
    ends = {"first": "H", "last": "T", "count": "last 2"}
    for table in (FileFormat(delimiter=";", control=ends), FileFormat(kind="xlsx", control=ends)):
        rows = [["id", "name"], ["id-2", "Grace"], ["id-3", "Ada"]]
        assert _search(assembled(rows, table), table) == Search()
        assert _search(assembled([*rows, ["id-1", "Ada"]], table), table) == Search({5})
    text = b"H;sent for id-1\nid;name\nid-3;Ada\nT;1\n"
    assert _search(text, FileFormat(delimiter=";", control=ends)) == Search(outside=True)


def test_a_file_in_another_format_is_searched_as_text():
    assert _search(b"id,name\nid-1,Ada\n", FIXED).lines == {2}
    assert _search(FILE + b"id-1 is in a later line\n", FIXED).lines >= {1, 4}
