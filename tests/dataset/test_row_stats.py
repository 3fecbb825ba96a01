"""Several labels a row: how a cell is read, and which rows are left when labels are rare."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.catalog.loader import load_catalog
from newft.dataset.label_parsing import list_normalized_labels
from newft.dataset.row_outcome import RowOutcome, resolve_rows, sort_labels
from newft.dataset.row_stats import RowStats
from newft.emitted.file_format import Row

CHARGE = load_catalog().kits["legal"].tasks["charge"]
INTENT = load_catalog().kits["customer_service"].tasks["intent"]


def outcome(*cells: str, times: int = 1) -> RowOutcome:
    """What rows of these labels come to, each said in other words."""
    found = RowStats(CHARGE, {"text": ("facts",), "label": ("charges",)})
    words = [chr(0x4E00 + i) for i in range(len(cells) * times)]
    for number, (word, cell) in enumerate(zip(words, cells * times, strict=True), 1):
        found.add(Row("a.json", number, {"facts": f"被告人{word}某", "charges": cell}))
    return resolve_rows(found)


def test_a_cell_holds_labels_in_any_order_with_or_without_what_stands_before_them() -> None:
    for cell in (
        *("罪名:盗窃;诈骗", "罪名：诈骗； 盗窃", " 诈骗;;罪名:盗窃;盗窃 "),
        *("盗窃罪;诈骗", "盗窃\r\n诈骗", "罪名: 诈骗罪\n\n罪名:盗窃罪"),
    ):
        assert list_normalized_labels(cell, CHARGE) == ("盗窃", "诈骗")
    assert list_normalized_labels(" ; ", CHARGE) == ()
    assert list_normalized_labels("refund; late", INTENT) == ("refund;_late",)


def test_every_label_of_a_row_counts_and_the_answer_is_one_line() -> None:
    found = outcome("盗窃", "诈骗;盗窃", times=3)
    assert found.kept_labels == {"盗窃": 6, "诈骗": 3}
    assert found.accepted == 6
    assert found.longest_target == "盗窃;诈骗"


def test_a_row_with_a_rare_label_takes_its_others_along_until_none_is_rare() -> None:
    # one row of 放火 takes one of three of 盗窃, whose two left take one of three of 诈骗
    cells = ("放火;盗窃", "盗窃", "盗窃;诈骗", "诈骗", "诈骗", "抢劫", "抢劫", "抢劫")
    found = outcome(*cells)
    assert found.kept_labels == {"抢劫": 3}
    assert found.rejects == {"unknown_label": 5}
    assert found.labels == {"抢劫": 3, "放火": 1, "盗窃": 3, "诈骗": 3}


def test_the_same_labels_in_another_order_are_the_same_answer() -> None:
    found = RowStats(CHARGE, {"text": ("facts",), "label": ("charges",)})
    for number, cell in enumerate(("盗窃;诈骗", "诈骗;盗窃", "诈骗"), 1):
        found.add(Row("a.json", number, {"facts": "被告人王某", "charges": cell}))
    assert resolve_rows(found).repeats == 1


@pytest.mark.parametrize(
    "labels",
    [
        ["low", "medium", "high"], ["低", "中", "高"], ["低风险", "中风险", "高风险"],
        ["good", "bad"], ["好", "坏"], ["正常", "关注", "次级", "可疑", "损失"],
        ["未违约", "违约"], ["no", "yes"], ["0", "1"], ["approved", "declined"],
        ["fully_paid", "charged_off"], ["current", "default"],
    ],
    ids=str,
)  # fmt: skip
def test_the_levels_of_a_known_scale_stand_in_its_order(labels: list[str]) -> None:
    scale = load_catalog().kits["credit_risk"].tasks["risk"].fields["label"].typical
    for met in (labels, labels[::-1], sorted(labels)):
        assert list(sort_labels(dict.fromkeys(met, 3), scale)) == labels
    assert list(sort_labels(dict.fromkeys([*labels, "A"], 3), scale)) == sorted([*labels, "A"])


@given(st.dictionaries(st.text(), st.integers()), st.lists(st.text()))
def test_ordering_loses_no_label(rows: dict[str, int], scale: list[str]) -> None:
    assert sort_labels(rows, scale) == rows


def test_a_comma_is_between_labels_only_where_each_stands_alone_somewhere() -> None:
    selective = "走私、贩卖、运输、制造毒品"
    for between in ("、", ",", "，", ", ", "罪、"):
        found = outcome("盗窃", "诈骗", f"诈骗{between}盗窃罪", f"抢劫{between}盗窃", selective)
        expected = {"盗窃": 2, "诈骗": 2, f"抢劫{between}盗窃": 1, selective: 1}
        assert found.labels == dict(sorted(expected.items()))
    found = outcome(f"{selective}、盗窃", "盗窃", f"{selective}罪")
    assert found.labels == {"盗窃": 2, f"{selective}罪": 2}
    assert outcome("assault, aggravated", "theft").labels == {"assault, aggravated": 1, "theft": 1}


def test_lists_of_the_same_labels_are_the_same_answer() -> None:
    found = RowStats(CHARGE, {"text": ("facts",), "label": ("charges",)})
    for number, cell in enumerate(("盗窃、诈骗", "诈骗;盗窃", "诈骗罪", "盗窃", "诈骗、盗窃"), 1):
        facts = "被告人王某" if number in (1, 2, 5) else "被告人" + "李张"[number - 3]
        found.add(Row("a.json", number, {"facts": facts, "charges": cell}))
    told = resolve_rows(found)
    assert told.labels == {"盗窃": 2, "诈骗": 2}
    assert (told.repeats, told.contradictions) == (2, 0)
