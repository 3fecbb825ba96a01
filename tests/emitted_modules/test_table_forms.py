"""The form in which a table is written changes nothing of its rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newft.emitted.cells import to_text
from newft.emitted.normalize import MISSING_GROUP_PATTERN, is_missing
from newft.emitted.readers import detect_format, read_rows
from support.data_files import write
from support.table_forms import FORMS, NESTED_NAME, Cell, Table

EXAMPLES_PER_FORM = 5
# Of every kind that tables have trouble with. None is UTF-8 when it is written as GB18030, as one
# in six is by chance: a table of a few such characters could be either.
CHINESE = "我退款订单收到货请问候能发登败开具合金额年入是否"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
MARKS = "  ,;|\t\n\"'.:!?()[]{}<>&%$#=+-*/\\_，。；：、“”"
NAME = st.text(LETTERS + CHINESE, min_size=2, max_size=8).filter(
    lambda name: not is_missing(name, MISSING_GROUP_PATTERN)
)
LABELS = st.sampled_from(["refund", "退款", "where is it", "a,b", "x;y"])
TEXTS = st.text(LETTERS + CHINESE + "0123456789" + MARKS, min_size=1, max_size=30)
CODES = st.from_regex(r"0[0-9]{3,6}", fullmatch=True)  # whose zeros count
AMOUNTS = st.from_regex(r"[1-9][0-9]{0,3},[0-9]{2}", fullmatch=True)  # with a decimal comma
COUNTS = st.integers(-(10**9), 10**12)
SHARES = st.integers(-99_999, 99_999).filter(lambda each: each % 10).map(lambda each: each / 1000)
CELLS: tuple[st.SearchStrategy[Cell], ...] = (TEXTS, CODES, AMOUNTS, COUNTS, SHARES)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A label, a text, and columns of one kind each in which cells may be empty."""
    names = ["意图标签", *draw(st.lists(NAME, min_size=2, max_size=5, unique_by=str.casefold))]
    rows = draw(st.integers(6, 10))
    columns: list[list[Cell]] = [[draw(LABELS) for _ in range(rows)]]
    columns.append([draw(TEXTS.filter(str.strip)) for _ in range(rows)])
    for _ in names[2:]:
        cell = draw(st.sampled_from(CELLS)) | st.just("")
        columns.append([draw(cell) for _ in range(rows - 1)])
        columns[-1].insert(draw(st.integers(0, rows - 1)), draw(CODES))
    return Table(names, [*zip(*columns, strict=True)])


# the last column is mostly empty in the later rows
SPARSE = Table(
    ["意图标签", "AA", "AAA"],
    [("refund", "0", cell) for cell in ("0000", "0", "0", "", "", "0")],
)


@pytest.mark.parametrize("name", FORMS)
@given(table=tables())
@example(table=SPARSE)
@settings(
    max_examples=EXAMPLES_PER_FORM,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_table_reads_alike_from_every_form(tmp_path: Path, name: str, table: Table) -> None:
    path = write(tmp_path, name, FORMS[name](table))
    layout = detect_format(path)
    before = NESTED_NAME if name.startswith("nested") else ""
    names = [f"{before}{one}" for one in table.names]
    rows = [*read_rows(path, layout)]
    assert {*names} <= {*layout.columns}
    assert [row.fault for row in rows] == [None] * len(rows)
    assert [[to_text(row.values.get(one)) for one in names] for row in rows] == [
        [to_text(cell) for cell in row] for row in table.rows
    ]
