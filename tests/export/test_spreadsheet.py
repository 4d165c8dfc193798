"""Tables for spreadsheets: nothing in them acts, wherever the user's country puts the borders of cells."""

import csv
import io

import pytest

from sipview.export.spreadsheet import as_csv, defused


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+2", "'=1+2"), ("+A1", "'+A1"), ("-cmd", "'-cmd"), ("@SUM", "'@SUM"), (" =1", "' =1"), ("\t=1", "'\t'=1"),
     ("-1.5", "-1.5"), ("+49", "+49"), ("plain", "plain"), ("", ""),
     ("101;=HYPERLINK(1)", "101;'=HYPERLINK(1)"), ("a\t@SUM(1)", "a\t'@SUM(1)"), ('x";"=cmd|1', "x\";'\"=cmd|1"),
     ("\uff1dcmd", "'\uff1dcmd"), ("sip:1@pbx;user=phone", "sip:1@pbx;user=phone")],
)  # fmt: skip
def test_no_cell_is_a_formula(cell: str, written: str) -> None:
    assert defused(cell) == written
    assert list(csv.reader(io.StringIO(as_csv(["a"], [[cell]]))))[1:] in ([[written]], [[]])


def test_a_table_comes_back_as_it_was_written() -> None:
    rows = [["1", 'said "no"', "a,b"], ["2", "two\r\nlines", "Jörg 🙂"]]
    assert list(csv.reader(io.StringIO(as_csv(["#", "words", "more"], rows), newline=""))) == [["#", "words", "more"], *rows]


def test_a_cell_of_nothing_but_borders_is_quick() -> None:
    assert defused("\t" * 200_000).endswith("\t")
