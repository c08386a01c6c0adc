"""Tables in text files as people's programs write them: commas, semicolons or tabs, quotes, decimal commas."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

_DELIMITERS: Final = (",", ";", "\t")
_DECIMAL_COMMA: Final = re.compile(r"(-?\d*),(\d+)([eE][+-]?\d+)?")


class NoTable(Exception):
    """Why a file is no table, in a few words."""


def rows_of_table(data: bytes, *, max_columns: int) -> list[list[str]]:
    """The cells of every row that is not empty, the header first.

    What stands between the cells is what cuts the header into most pieces. Where that is not the comma, numbers with
    decimal commas become plain ones.

    Args:
        data: content of the file; UTF-8, or UTF-16 with its mark, as Excel saves text.
        max_columns: most that a row may have.

    Raises:
        NoTable: not text, more columns, or quotes that do not end.
    """
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoTable("not text") from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if len(row) > max_columns:
                raise NoTable(f"more than {max_columns} columns")
            if any(cell.strip() for cell in row):
                rows.append(row if delimiter == "," else [_with_point(cell) for cell in row])
    except csv.Error as error:
        raise NoTable(f"not a table ({error})") from error
    return rows


def _with_point(cell: str) -> str:
    return _DECIMAL_COMMA.sub(r"\1.\2\3", cell) if _DECIMAL_COMMA.fullmatch(cell.strip()) else cell
