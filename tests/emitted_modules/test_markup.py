"""Tables of web pages and of SpreadsheetML, and cells that hold HTML."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.emitted import markup_table
from newft.emitted.cells import read_cell, read_text
from newft.emitted.markup_text import iterate_markup, read_visible_text
from newft.emitted.readers import detect_format, read_rows
from support.data_files import refusal, values, write

NO_TABLE = "this is a web page or XML, whatever its name says"
HEADER = ["text", "amount", "label"]
ROWS = [[f"hi {n}", f"1,{n:03}", "ab"[n % 2]] for n in range(9)]


def make_table(*rows: list[str], cell: str = "td", end: bool = True) -> str:
    close = (f"</{cell}>", "</tr>") if end else ("", "")
    lines = ("".join(f"<{cell}>{one}{close[0]}" for one in row) for row in rows)
    return "<table border=1>\n" + "".join(f"<tr>{line}{close[1]}\n" for line in lines) + "</table>"


@pytest.mark.parametrize("name", ["t.xls", "t.xlsx", "t.html", "t.csv", "t.txt"])
@pytest.mark.parametrize(
    "start", ["<html><body>", "\ufeff<!DOCTYPE html>", "<meta charset=utf-8>\n<div>", ""]
)
def test_a_table_of_a_page_is_read(tmp_path: Path, name: str, start: str) -> None:
    path = write(tmp_path, name, start + make_table(HEADER, *ROWS))
    layout = detect_format(path)
    assert (layout.kind, layout.columns, layout.remarks) == ("html", tuple(HEADER), ())
    assert values(path) == ROWS


def test_ends_of_rows_and_cells_may_be_missing(tmp_path: Path) -> None:
    page = make_table(HEADER, *ROWS, end=False).removesuffix("</table>")
    assert values(write(tmp_path, "t.xls", f"<html>{page}")) == ROWS


def test_titles_are_above_the_header_and_cells_of_several_places_are_filled(
    tmp_path: Path,
) -> None:
    body = "".join(
        (f"<tr><td rowspan=3>branch {n // 3}</td>" if n % 3 == 0 else "<tr>")
        + f"<td>hi&nbsp;{n}<br>there</td><td>&lt;{n}</td></tr>"
        for n in range(9)
    )
    title = "<tr><th colspan=3>Complaints</th></tr><tr><td colspan=3>unit: EUR</td></tr>"
    header = "<tr><td>branch</td><td>text</td><td>amount</td></tr>"
    total = "<tr><td colspan='2'>Total</td><td>9</td></tr>"
    path = write(tmp_path, "t.xls", f"<table>{title}{header}{body}{total}</table>")
    assert detect_format(path).header_row == (3,)
    rows = [*read_rows(path)]
    assert [[*row.values.values()] for row in rows[:-1]] == [
        [f"branch {n // 3}", f"hi {n} there", f"<{n}"] for n in range(9)
    ]
    assert (rows[-1].number, [*rows[-1].values.values()]) == (13, ["Total", None, "9"])


def test_the_largest_table_is_read_wherever_it_stands(tmp_path: Path) -> None:
    menu = make_table(["Home", "Help"])
    inner = make_table(HEADER, *ROWS)
    legend = make_table(["label", "means", "more"], ["a", "x", "z"], ["b", "y", "z"])
    page = f"<table><tr><td>{menu}</td><td>left {inner} right</td></tr></table>{legend}"
    path = write(tmp_path, "t.xls", f"<html><script>'<table>'</script><!-- <tr> -->{page}")
    assert (values(path), len(detect_format(path).remarks)) == (ROWS, 1)
    small = write(tmp_path, "u.xls", f"<html>{menu}{inner}")
    assert (values(small), detect_format(small).remarks) == (ROWS, ())


SPREADSHEET = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Sheet1"><Table>
<Column ss:Width="80"/><Row ss:Index="2"><Cell ss:MergeAcross="2"><Data ss:Type="String">Loans
</Data></Cell></Row><Row ss:Index="4">
<Cell><Data ss:Type="String">text</Data></Cell><Cell><Data ss:Type="String">note</Data></Cell>
<Cell><Data ss:Type="String">label</Data><Comment><ss:Data>by hand</ss:Data></Comment></Cell>
</Row>{rows}</Table></Worksheet></Workbook>"""


def test_a_spreadsheet_in_xml_is_read(tmp_path: Path) -> None:
    rows = "".join(
        f'<Row><Cell><Data ss:Type="String">hi &lt;{n}&gt;&#10;there</Data></Cell>'
        f'<Cell ss:Index="3"><Data ss:Type="Number">{n % 2}</Data></Cell></Row>'
        for n in range(9)
    )
    path = write(tmp_path, "t.xls", SPREADSHEET.format(rows=rows))
    assert detect_format(path).header_row == (4,)
    assert values(path) == [[f"hi <{n}>\nthere", None, str(n % 2)] for n in range(9)]


@pytest.mark.parametrize(
    ("said", "encoding"),
    [
        ("gb2312", "gb18030"),
        ("utf-8", "gb18030"),
        ("iso-8859-1", "utf-8"),
        ("nothing-known", "utf-16"),
        ("big5", "big5"),
    ],
)
def test_the_encoding_is_that_of_the_bytes(tmp_path: Path, said: str, encoding: str) -> None:
    texts = [[f"我的銀行卡在路上丟失，請幫我處理 {n}", "掛失"] for n in range(9)]
    page = f"<html><meta charset={said}>{make_table(['內容', '類別'], *texts)}"
    assert values(write(tmp_path, "t.xls", page, encoding)) == texts


def test_the_page_says_its_encoding_where_the_bytes_do_not(tmp_path: Path) -> None:
    texts = [[f"Où est ma carte, où {n} ?", "perdue à vélo"] for n in range(9)]
    page = f'<meta content="text/html; charset=ISO-8859-1">{make_table(["texte", "thème"], *texts)}'
    assert values(write(tmp_path, "t.xls", page, "latin-1")) == texts


@pytest.mark.parametrize(
    "page",
    [
        "<html><p>no table</p></html>",
        "<html><table></table>",
        "<html>" + make_table(HEADER),
        '<?xml version="1.0"?><rows><one>hi</one></rows>',
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cccc">]><a>&b;</a>',
        "<html>" + "<table><tr><td>" * 1_000,
    ],
)
@pytest.mark.parametrize("name", ["t.xls", "t.html"])
def test_a_page_without_records_is_refused(tmp_path: Path, name: str, page: str) -> None:
    assert refusal(write(tmp_path, name, page)).message == NO_TABLE


@pytest.mark.parametrize(
    "page",
    [
        "<table>" + "<tr><td colspan=1000>a<td>b" * 10,
        "<table><tr>" + "<td rowspan=60000>a" * 90 + "<tr><td>a<td>b" * 200,
        "<table><tr>" + "<td colspan=1000>" * 20,
    ],
)
def test_cells_that_span_without_end_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr(markup_table, "MAX_CELLS", 9_000)
    assert "more than 9,000 cells" in refusal(write(tmp_path, "t.xls", page)).message


def test_a_page_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "t.xls", make_table(HEADER, *ROWS))
    monkeypatch.setattr(markup_table, "MAX_BYTES", 100)
    assert refusal(path).message == "the page is larger than 0 MB"


@given(st.text(st.sampled_from("<>/!-[]&#;\"' =\0ap\n") | st.characters(), max_size=80))
def test_any_text_can_be_searched_for_tags(text: str) -> None:
    pieces = [*iterate_markup(text)]
    assert all(piece.tag == piece.tag.lower() for piece in pieces)
    assert len(read_visible_text(text)) <= len(text)


@pytest.mark.parametrize(
    "broken",
    ["<!--", "<a ", "<a '", "<![CDATA[", "<script>", "<", "&#", "&#9", "</", "<td><table>"],
)
def test_a_broken_page_takes_one_pass(broken: str) -> None:
    assert sum(1 for _ in iterate_markup(broken * 200_000)) <= 400_001


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<p>My card&#39;s lost</p>", "My card's lost"),
        (
            "<div>Hello,<br>it   is\nlost</div><div>Bye &amp; thanks</div>",
            "Hello,\nit is lost\nBye & thanks",
        ),
        (" <b>Lost</b> card <style>p {x: y}</style>", "Lost card"),
        ("<!DOCTYPE html><html><head><title>Mail</title></head><p>a < b</p></html>", "a < b"),
        ("<p>cut off", "cut off"),
        ("<p></p>", ""),
    ],
)
def test_a_cell_of_html_is_its_visible_text(cell: str, text: str) -> None:
    assert read_text(cell) == text
    assert read_cell(cell).texts == ((text,) if text else ())
    assert read_cell([cell, "b"]).texts == ((text, "b") if text else ("b",))


@pytest.mark.parametrize(
    "text",
    [
        "<3 this",
        "< 5 days & more",
        "<b> or <a>, which one?",
        "<name> wrote &lt;p&gt;",
        "</p> was printed",
        "a <p>b</p>",
        "card&#39;s",
        "<html> is missing",
        "<",
        "<!-- note",
    ],
)
def test_a_text_with_a_bracket_stays_as_it_is(text: str) -> None:
    assert read_text(text) == text
    assert read_cell(text).texts == (text,)


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_columns_of_html_are_said(tmp_path: Path, name: str) -> None:
    rows = [(f"<p>hi {n}</p>", "a") for n in range(9)]
    lines = (
        ["text,label", *map(",".join, rows)]
        if name == "t.csv"
        else [f'{{"text": "{text}", "label": "{label}"}}' for text, label in rows]
    )
    (remark,) = detect_format(write(tmp_path, name, "\n".join(lines))).remarks
    assert (remark.values["names"], remark.information) == ("`text`", True)
