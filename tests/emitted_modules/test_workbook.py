"""Workbooks: read as another program reads them, or refused with an error that names the file."""

from __future__ import annotations

import random
import re
import resource
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newft import emitted
from newft.emitted.file_access import RecordError
from newft.emitted.optional_readers import NO_READER_HINT
from newft.emitted.readers import detect_format, read_rows
from newft.project.template_layers import EMITTED_MODULES
from support.checkout import GENERATOR
from support.data_files import refusal, values, write

MUTATIONS = 400
LONGEST_WAIT = 120  # seconds until a reading that never ends is a failure
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
TYPES = "[Content_Types].xml"
STRINGS_TYPE = (
    f'<Override PartName="/{STRINGS}" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sharedStrings+xml"/>'
)


@pytest.fixture(autouse=True)
def no_endless_reading() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise AssertionError(f"it was not read within {LONGEST_WAIT} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST_WAIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["text", "label", "when", "amount"])
    for number in range(5):
        book.active.append([f"where is it {number}", "parcel", datetime(2024, 3, number + 1), 1.5])
    book.active.append([None, True, "=1+1", "#N/A"])
    book.save(tmp_path / "t.xlsx")
    return with_shared_strings(tmp_path / "t.xlsx")


def with_shared_strings(path: Path) -> Path:
    """The workbook with its texts in a part of their own, as spreadsheet programs write them."""
    content = parts(path)
    texts: dict[bytes, int] = {}

    def refer(cell: re.Match[bytes]) -> bytes:
        number = texts.setdefault(cell[1], len(texts))
        return b't="s"><v>%d</v></c>' % number

    cell = re.compile(rb't="inlineStr"><is>(.*?)</is></c>')
    content[SHEET] = cell.sub(refer, content[SHEET])
    strings = b"".join(b"<si>%s</si>" % text for text in texts)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    relation = f'<Relationship Id="s" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'
    related = "xl/_rels/workbook.xml.rels"
    content[related] = content[related].replace(b"</Relationships>", relation.encode())
    content[TYPES] = content[TYPES].replace(b"</Types>", STRINGS_TYPE.encode() + b"</Types>")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (content | {STRINGS: sst(strings)}).items():
            archive.writestr(name, data)
    return path


def sst(strings: bytes) -> bytes:
    return b'<sst xmlns="%s">%s</sst>' % (SPACE.encode(), strings)


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_parts(path: Path, **changed: bytes) -> Path:
    """The workbook with other content in some parts, which keyword names end in."""
    content = parts(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, changed.get(Path(name).stem, data))
    return path


def sheet(rows: str, before: str = "") -> bytes:
    text = f'{before}<worksheet xmlns="{SPACE}"><sheetData>{rows}</sheetData></worksheet>'
    return text.encode()


# --- what is read --------------------------------------------------------------------------------


CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: float(f"{number:.15g}")),
    st.datetimes(datetime(1900, 3, 2), datetime(9999, 12, 31)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    st.dates(date(1900, 3, 2)),
    st.times().map(lambda moment: moment.replace(microsecond=0)),
    st.timedeltas(timedelta(0), timedelta(days=900)).map(
        lambda span: timedelta(seconds=span.total_seconds() // 1)
    ),
    st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20)
    .map(lambda text: f"-{text}")
    .filter(lambda text: not re.search("_x[0-9A-Fa-f]{4}_", text)),
)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_cells_are_read_as_they_were_written(tmp_path: Path, table: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    for row in [["a", "b", "c"], ["x", 1, "z"], *table]:
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    other = openpyxl.load_workbook(tmp_path / "t.xlsx", data_only=True).active
    expected = [list(row) for row in other.iter_rows(min_row=2, values_only=True) if any_of(row)]
    assert values(tmp_path / "t.xlsx") == expected


def any_of(row: tuple[object, ...]) -> bool:
    return any(cell is not None for cell in row)


def test_texts_of_several_runs_are_joined_without_their_pronunciation(workbook: Path) -> None:
    runs = "<r><t>订</t></r><r><t>单</t></r><rPh sb='0' eb='1'><t>dingdan</t></rPh>"
    rows = f"<row><c t='inlineStr'><is>{runs}</is></c><c t='str'><v>b_x000D_</v></c></row>"
    path = with_parts(workbook, sheet1=sheet(rows + "<row><c><v>1</v></c><c><v>2</v></c></row>"))
    assert detect_format(path).columns == ("订单", "b")
    assert values(path) == [[1, 2]]


def test_names_may_have_a_prefix_and_rows_no_number(workbook: Path) -> None:
    rows = "<x:row><x:c t='str'><x:v>a</x:v></x:c></x:row><x:row><x:c><x:v>1</x:v></x:c></x:row>"
    space = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    text = f"<x:worksheet xmlns:x='{space}'><x:sheetData>{rows}</x:sheetData></x:worksheet>"
    assert values(with_parts(workbook, sheet1=text.encode())) == [[1]]


def test_the_first_visible_sheet_with_cells_is_read_and_the_rest_is_said(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "cover"
    for name in ("secret", "records", "more"):
        for row in (["text" if name != "more" else "code"], [name]):
            book.create_sheet(name) if name not in book.sheetnames else None
            book[name].append(row)
    book["secret"].sheet_state = "hidden"
    book.save(tmp_path / "t.xlsx")
    layout = detect_format(tmp_path / "t.xlsx")
    assert (layout.sheet, values(tmp_path / "t.xlsx")) == ("records", [["records"]])
    assert [one.template.format_map(one.values) for one in layout.remarks] == [
        "of t.xlsx, only the sheet `records` is read: more have other column names;"
        " to read them too, give them the same header",
        "hidden sheets of t.xlsx are not read: secret",
    ]


def test_records_in_a_hidden_sheet_alone_are_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["text"])
    book.active.sheet_state = "hidden"
    book.create_sheet("empty")
    book.active = 1
    book.save(tmp_path / "t.xlsx")
    assert refusal(tmp_path / "t.xlsx").message == "no visible sheet has cells"
    assert refusal(tmp_path / "t.xlsx").hint == "show the hidden sheet with the records: Sheet"


def test_a_date_of_chinese_excel_is_one_and_a_number_that_is_none_stays(workbook: Path) -> None:
    styles = parts(workbook)["xl/styles.xml"].replace(b'numFmtId="0"', b'numFmtId="57"')
    rows = "".join(
        f"<row><c t='str'><v>{name}</v></c></row>" if name else f"<row><c><v>{number}</v></c></row>"
        for name, number in (("when", 0), ("", 45_352), ("", 13_800_138_000))
    )
    path = with_parts(workbook, sheet1=sheet(rows), styles=styles)
    assert values(path) == [[datetime(2024, 3, 1)], [13_800_138_000]]


def test_a_number_has_the_digits_that_the_spreadsheet_shows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    numbers = (0.9059999999999999, 0.1 + 0.2, 1 / 3, 4000884535392476, -12.5)
    for row in (("number", "label"), *((number, "a") for number in numbers)):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    shown = [first for first, _ in values(tmp_path / "t.xlsx")]
    assert shown == [0.906, 0.3, 0.333333333333333, 4000884535392476, -12.5]


def test_formulas_without_a_value_are_counted(workbook: Path) -> None:
    (remark,) = detect_format(workbook).remarks
    assert remark.values["count"] == 1
    assert remark.template.format_map(remark.values).startswith(
        "t.xlsx has 1 cells with a formula and no value, which are read as empty"
    )


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            '<row r="1"><c t="str"><v>a</v></c></row><row r="2000000000"><c><v>1</v></c></row>',
            ":2000000000: the workbook is damaged: this row is beyond the 1,048,576 rows",
        ),
        (
            '<row><c r="XFE1"><v>1</v></c></row>',
            ":1: the workbook is damaged: this row has more than 16,384 columns",
        ),
        (
            "<row>" + "<c/>" * 20_000 + "</row>",
            ":1: the workbook is damaged: this row has more than 16,384 columns",
        ),
        ('<row><c r="1A"><v>1</v></c></row>', "the workbook is damaged: `1A` is not a cell"),
        (
            '<row><c t="s"><v>99</v></c></row>',
            "the workbook is damaged: list index out of range",
        ),
        (
            '<row><c t="s"><v>-1</v></c></row>',
            "the workbook is damaged: shared string -1",
        ),
        (
            '<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>',
            ":2: the workbook is damaged: its rows and cells are not in order",
        ),
        (
            '<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>',
            ":2: the workbook is damaged: its rows and cells are not in order",
        ),
        ("<row><c><v>1</c></row>", "the workbook is damaged: mismatched tag"),
        ('<row x="' + "x" * 12_000_000, "the workbook is damaged: a tag of"),
    ],
    ids=["row", "column", "columns", "place", "string", "negative", "order", "cells", "xml", "tag"],
)
def test_a_damaged_sheet_is_refused(workbook: Path, rows: str, message: str) -> None:
    assert message in str(refusal(with_parts(workbook, sheet1=sheet(rows))))


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("sheet1", "<sheetData><row>" + "<x/>" * 600 + "</row></sheetData>"),
        ("sheet1", "<sheetData>" + "<row><c/></row><x/>" * 600 + "</sheetData>"),
        ("sheet1", "<sheetData>" + "<si><x/></si>" * 600 + "</sheetData>"),
        ("sharedStrings", "<row><x/></row>" * 600),
        ("sharedStrings", "<si>" + "<x/>" * 600 + "</si>"),
        ("styles", "<cellXfs>" + "<xf/>" * 600 + "</cellXfs>"),
    ],
    ids=["in a row", "between rows", "strings", "rows", "in a string", "styles"],
)
def test_a_part_of_which_too_much_would_be_held_is_refused(
    workbook: Path, part: str, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert values(workbook)
    monkeypatch.setattr("newft.emitted.workbook.MAX_ELEMENTS", 500)
    text = f'<part xmlns="{SPACE}">{content}</part>'.encode()
    message = refusal(with_parts(workbook, **{part: text})).message
    assert re.fullmatch(f"the workbook is too large: .*{part}.xml holds more than .* read", message)


def test_rows_without_numbers_are_counted_too(
    workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newft.emitted.workbook.MAX_ROWS", 500)
    assert refusal(with_parts(workbook, sheet1=sheet("<row/>" * 600))).row == 501


def test_a_sheet_of_too_many_cells_is_refused(
    workbook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newft.emitted.workbook.MAX_CELLS", 10)
    assert refusal(workbook).message == "the sheet has more than 10 cells"


@pytest.mark.parametrize(
    "entity", ['"x"', 'SYSTEM "file:///etc/passwd"', 'SYSTEM "http://127.0.0.1:9/"']
)
def test_a_document_type_is_refused(workbook: Path, entity: str) -> None:
    before = f"<!DOCTYPE worksheet [<!ENTITY e {entity}>]>"
    rows = "<row><c t='str'><v>&e;</v></c></row>"
    path = with_parts(workbook, sheet1=sheet(rows, before))
    assert refusal(path).message == "the workbook declares a document type, which no workbook may"


@pytest.mark.slow
def test_shared_strings_that_unpack_to_a_gigabyte_take_little_memory(workbook: Path) -> None:
    content = parts(workbook)
    with zipfile.ZipFile(workbook, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            if name != STRINGS:
                archive.writestr(name, data)
        with archive.open(STRINGS, "w") as part:
            part.write(b"<sst>")
            for _ in range(512):
                part.write(b"<si><t>ab</t></si>" * 65_536)
    assert workbook.stat().st_size < 4_000_000
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from newft.emitted.file_access import RecordError\n"
        "from newft.emitted.readers import read_rows\n"
        "try: print(len(list(read_rows(Path(sys.argv[1])))))\n"
        "except RecordError as error: print(error.message)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(workbook)],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(GENERATOR)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
        check=True,
    )
    assert re.fullmatch(
        r"the workbook is too large: xl/sharedStrings.xml unpacks from [\d,]+ KB to 576 MB\n",
        run.stdout,
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") * 99, "encrypted, or in the format of Excel 97"),
        (b"text,label\x00\x01", "not an xlsx workbook, whatever its name"),
        (b"PK\3\4" + b"x" * 99, "the workbook is damaged: File is not a zip file"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    assert message in refusal(write(tmp_path, "t.xlsx", content)).message


def test_a_compression_without_bounds_is_refused(workbook: Path) -> None:
    content = parts(workbook)
    with zipfile.ZipFile(workbook, "w", zipfile.ZIP_BZIP2) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    assert "is compressed by method 12" in refusal(workbook).message


def test_a_size_that_the_archive_understates_is_refused(workbook: Path) -> None:
    data = bytearray(workbook.read_bytes())
    for found in re.finditer(b"PK\1\2", bytes(data)):
        size = int.from_bytes(data[found.start() + 24 : found.start() + 28], "little")
        data[found.start() + 24 : found.start() + 28] = (size // 2).to_bytes(4, "little")
    workbook.write_bytes(data)
    assert "Bad CRC-32" in refusal(workbook).message


@pytest.mark.usefixtures("workbook")
def test_without_the_reader_a_workbook_is_refused_and_all_else_is_read(tmp_path: Path) -> None:
    """As in a project that was made without a workbook."""
    package = tmp_path / "alone"
    package.mkdir()
    for name in EMITTED_MODULES:
        source = Path(emitted.__file__).with_name(Path(name).name)
        (package / source.name).write_bytes(source.read_bytes())
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    (tmp_path / "t.model").write_bytes(b"GGUF\0\0")
    (tmp_path / "t.jsonl").write_text('{"a": "1", "b": "2"}\n{"a": "3", "b": "4"}\n')
    code = (
        "import sys\nfrom pathlib import Path\nfrom alone.readers import read_rows\n"
        "from alone.file_access import RecordError\n"
        "for name in ('t.csv', 't.jsonl'):\n"
        "    print([dict(row.values) for row in read_rows(Path(name))])\n"
        "for name in ('t.xlsx', 't.model'):\n"
        "    try: list(read_rows(Path(name)))\n"
        "    except RecordError as error: print(error, error.hint, sep='; ')\n"
        "print('openpyxl' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == [
        "[{'a': '1', 'b': '2'}]",
        "[{'a': '1', 'b': '2'}, {'a': '3', 'b': '4'}]",
        f"t.xlsx: this project has no reader for files of this kind; {NO_READER_HINT}",
        "t.model: files of this kind are not read; give one of: .csv, .tsv, .jsonl, .ndjson, .txt",
        "False",
    ]


def test_an_encrypted_part_is_refused(workbook: Path) -> None:
    data = bytearray(workbook.read_bytes())
    for found in re.finditer(b"PK\1\2", bytes(data)):
        data[found.start() + 8] |= 1
    workbook.write_bytes(data)
    assert refusal(workbook).message == "the workbook is encrypted"


# --- whatever is in it ---------------------------------------------------------------------------


@pytest.mark.slow
def test_any_mutation_ends_in_rows_or_in_an_error_that_names_the_file(workbook: Path) -> None:
    chance = random.Random(20240301)
    whole, content = workbook.read_bytes(), parts(workbook)
    read = refused = 0
    for _ in range(MUTATIONS):
        if chance.random() < 0.3:
            workbook.write_bytes(mutated(whole, chance))
        else:
            name = chance.choice(list(content))
            with zipfile.ZipFile(workbook, "w") as archive:
                for other, data in content.items():
                    archive.writestr(other, mutated(data, chance) if other == name else data)
        try:
            read += len(list(read_rows(workbook))) > 0
        except RecordError as error:
            assert error.path == workbook and error.message and error.hint
            refused += 1
    assert read and refused


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The bytes after a few changes: flipped, cut out, doubled, or a number that is huge."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) or 1)
        end = start + chance.randint(1, 40)
        piece = data[start:end]
        changed = chance.choice(
            [
                bytes(byte ^ 1 << chance.randrange(8) for byte in piece[:1]) + piece[1:],
                b"",
                piece * 2,
                re.sub(rb"\d", b"99999999999", piece, count=1),
                re.sub(rb'"[^"]*"', b'""', piece, count=1),
                re.sub(rb"[<>/]", b"", piece, count=1),
            ]
        )
        data = data[:start] + changed + data[end:]
    return data
