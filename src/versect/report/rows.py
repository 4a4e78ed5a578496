"""Rows and columns of any question, as a table, JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

SCHEMA_VERSION: Final = 1

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

Rows = Sequence[Sequence[Any]]


def show(columns: Sequence[str], rows: Rows, console: Console) -> None:
    """Print a table; nothing in it can move the cursor or hide what follows."""
    table = Table()
    for number, column in enumerate(columns):
        figures = bool(rows) and all(isinstance(row[number], int | float) for row in rows)
        table.add_column(_text(column), justify="right" if figures else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_text("" if value is None else plain(value)) for value in row))
    console.print(table)


def as_json(columns: Sequence[str], rows: Rows) -> str:
    """Give a JSON document; rows are lists, since columns may share a name."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "columns": list(columns),
        "rows": [list(map(plain, row)) for row in rows],
    }
    return json.dumps(document, indent=1) + "\n"


def as_csv(columns: Sequence[str], rows: Rows) -> str:
    """Give comma-separated values (RFC 4180, but for plain line ends), a line of names first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if value is None else plain(value) for value in row] for row in rows)
    return text.getvalue()


def plain(value: Any) -> Any:
    """Give a value that every format can hold: bytes in hexadecimal, infinities as words."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _text(value: Any) -> Text:
    return Text(_CONTROL.sub("�", str(value)))
