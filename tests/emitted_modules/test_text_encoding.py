"""The encoding of a file: told by all of its bytes, or a line that is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newft.emitted.readers import detect_format
from support.data_files import refusal, values, write

HEADER = "text,label\n"
ACCENTED = HEADER + "un café,a\n" * 3
CHINESE = "问题,标签\n" + "请问如何办理退款,退款\n" * 30
LATIN = "plus tôt à l’école,a\nüber alles – “ja”,b\n"
KOREAN = "주문을 취소하고 환불을 받고 싶은데 어떻게 하면 되나요,반품\n"
ODD_LINES = [b"it\x92s late,b\n", b"caf\xe9,b\n", "退款,b\n".encode("gb18030"), b"\xff\xfe,b\n"]
BEFORE_EDGE = b"a,b\n" * ((1 << 18) - 1) + b"abc"  # a byte less than what is sampled first


@pytest.mark.parametrize("odd", ODD_LINES)
@pytest.mark.parametrize("text", [HEADER + "un café,a\n", ACCENTED, CHINESE])
@pytest.mark.parametrize("first", [True, False])
def test_one_bad_line_leaves_a_utf8_file_what_it_is(
    tmp_path: Path, text: str, odd: bytes, first: bool
) -> None:
    header, *lines = text.encode().splitlines(keepends=True)
    lines = [odd, *lines * 4] if first else [*lines, odd, *lines]
    error = refusal(write(tmp_path, "t.csv", b"".join([header, *lines])))
    assert error.message.startswith("this line is not UTF-8, which the rest of the file is: ")
    assert error.row == 2 + lines.index(odd)


@given(
    lines=st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1),
    odd=st.sampled_from(ODD_LINES),
    place=st.integers(0, 20),
)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_bad_line_turns_utf8_into_another_encoding(
    tmp_path: Path, lines: list[str], odd: bytes, place: int
) -> None:
    good = [f"{line} café 退款,a\n".encode() for line in lines]
    path = write(tmp_path, "t.csv", b"".join([HEADER.encode(), *good[:place], odd, *good[place:]]))
    assert refusal(path).row == 2 + min(place, len(good))


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (CHINESE.encode("gb18030"), "gb18030"),
        ("问,答\n好,一\n".encode("gb18030"), "gb18030"),
        ("text,label\n請問如何辦理退款,退款\n".encode("gbk"), "gb18030"),
        (b"a,b\n" * 300_000 + CHINESE.encode("gb18030"), "gb18030"),
        (BEFORE_EDGE + "é,b\nx,y\n".encode(), "utf-8"),
        (BEFORE_EDGE + "退款,b\nx,y\n".encode("gb18030"), "gb18030"),
        (CHINESE.encode("utf-16-le"), "utf-16-le"),
        (CHINESE.encode("utf-16-be"), "utf-16-be"),
        (ACCENTED.encode("utf-16-le"), "utf-16-le"),
        (ACCENTED.encode("utf-32"), "utf-32"),
    ],
    ids=["gb", "short", "traditional", "late", "edge", "gb edge", "le", "be", "latin le", "32"],
)
def test_an_encoding_is_told_and_said(tmp_path: Path, content: bytes, encoding: str) -> None:
    layout = detect_format(write(tmp_path, "t.csv", content))
    assert layout.encoding == encoding
    said = [remark.template.format_map(remark.values) for remark in layout.remarks]
    assert said == ([] if encoding == "utf-8" else [f"t.csv was read as {encoding}"])


@pytest.mark.parametrize(
    "column",
    [
        ["女"] * 70 + ["男"] * 30,
        ["VIP女", "男"],
        ["元", "员", "女", "男"],
        ["用app学习", "退款"],
        ["iphone没声音", "好"],
    ],
)
def test_chinese_that_is_utf8_by_chance_stays_chinese(tmp_path: Path, column: list[str]) -> None:
    text = "name,label\n" + "".join(f"{value},a\n" for value in column)
    path = write(tmp_path, "t.csv", text.encode("gb18030"))
    assert values(path) == [[value, "a"] for value in column]


# the 3,755 most frequent characters, as GB 2312 lists them
COMMON = [
    bytes([first, 0xA1 + n]).decode("gb2312") for first in range(0xB0, 0xD7) for n in range(94)
]


@given(
    cells=st.lists(
        st.text(st.sampled_from([*COMMON, *"abcXYZ 019，。"]), min_size=1), min_size=3, max_size=40
    )
)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_chinese_cells_are_read_or_a_line_is_named_and_never_changed(
    tmp_path: Path, cells: list[str]
) -> None:
    text = "问题,标签\n" + "".join(f"x{cell}x,退款\n" for cell in cells)
    path = write(tmp_path, "t.csv", text.encode("gb18030"))
    assert detect_format(path).encoding == "gb18030"


def test_utf16_without_a_mark_reads_as_written(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", "问题,标签\n你好,a\n".encode("utf-16-be"))
    assert values(path) == [["你好", "a"]]


@pytest.mark.parametrize(
    ("content", "row", "guess"),
    [
        ((HEADER + LATIN).encode("cp1252"), 2, "WINDOWS-1252"),
        ((HEADER + "ok,a\nGRÖSSE ÜBER ÄÖÜ,b\n").encode("latin-1"), 3, "WINDOWS-1252"),
        ((HEADER + "請問如何辦理退款,信用卡\n" * 9).encode("big5"), 2, "BIG5"),
        (
            ("訊息,分類\n" + "我想取消上週訂購的外套，請問要如何申請退款,退款\n").encode("big5"),
            1,
            "BIG5",
        ),
        ((HEADER + "注文をキャンセルしたい,返品\n" * 9).encode("shift_jis"), 2, "SHIFT_JIS"),
        ((HEADER + "注文をキャンセルしたい,返品\n" * 9).encode("euc_jp"), 2, "EUC-JP"),
        (
            (HEADER + "주문을 취소하고 환불을 받고 싶은데 어떻게 하면 되나요,반품\n").encode(
                "euc_kr"
            ),
            2,
            "EUC-KR",
        ),
    ],
)
def test_another_encoding_is_not_taken_for_chinese(
    tmp_path: Path, content: bytes, row: int, guess: str
) -> None:
    error = refusal(write(tmp_path, "t.csv", content))
    assert error.row == row
    assert error.message.startswith("this line is neither UTF-8 nor GB18030: ")
    assert f"iconv -f {guess} -t UTF-8" in error.hint


@pytest.mark.parametrize("odd", ["退款成功没有呢,b\n", "un café,b\n"])
def test_a_utf8_line_in_a_chinese_file_is_named(tmp_path: Path, odd: str) -> None:
    path = write(tmp_path, "t.csv", CHINESE.encode("gb18030") + odd.encode())
    shown = odd.strip()
    assert refusal(path).message == (
        f"this line is UTF-8, and the rest of the file is GB18030: {shown}"
    )
    assert refusal(path).row == 32


def test_a_character_cut_off_at_the_end_is_named(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, "t.csv", CHINESE.encode()[:-2]))
    assert (error.row, error.values["encoding"]) == (31, "UTF-8")
