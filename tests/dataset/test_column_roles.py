"""A table without a text: what each column is for, and what counts as said twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.dataset.column_leaks import measure_predictability
from newft.dataset.column_mapping import PREVIEW_ROW_COUNT
from newft.dataset.column_match import is_id_column, profile_column
from newft.dataset.protected_terms import is_barred_name
from support.credit_applications import (
    LEVELS,
    TASK,
    Record,
    applications,
    facts,
    flagged,
    refusal,
    with_column,
    written,
)
from support.tickets import GOOD, said
from support.tickets import facts as measured
from support.tickets import table as tickets

PROTECTED = """
    age Age applicant_age applicantAge customer_age customerage CUSTOMER_AGE age_group
    age_at_application co-applicant_age age_2 borrower_sex sex_M client_gender gender_female
    derived_race applicant_ethnicity_observed country_of_citizenship marital_status_code
    NumberOfDependents applicant_date_of_birth borrower_zip zip3 health_status 客户年龄 申请人年龄
    personal_status marriage MARRIAGE dob_year Married CNT_CHILDREN DAYS_BIRTH postal_code 客户生日
    婚否 是否已婚 有无子女 出生年份 户口所在地 政治面貌 家庭人口数
    年龄段 年龄(岁) 借款人年龄区间 配偶性别 宗教信仰 户籍所在地 婚姻状况代码
"""
EXCLUDED = """
    name customer_name first_name lastName borrower-name phone home_phone mobile_phone
    phone_number customer_email total_recoveries out_prncp_inv 姓名 客户姓名 联系人姓名 手机号码
    身份证号 联系电话 家庭电话 贷款编号 借款合同号
"""
SHOWN = """
    product_name employer_name vehicle_age housing_age home_age account_age average_balance
    mortgage age_of_oldest_account phone_plan phone_brand message health_insurance_premium
    financial_health email_domain branch_id percentage paid 产品名称 车龄 房龄 车辆年龄 房屋年龄
    逾期发生日距今天数 发生日期 学生日均余额 账户年龄 电话费 电话套餐 产品编号
"""


def test_every_column_of_a_table_has_its_use(tmp_path: Path) -> None:
    records = with_column(applications(), "case_id", [f"CA-{i}" for i in range(30)])
    records = with_column(records, "apply_date", ["2026-01-05"] * 30)
    records = with_column(records, "remark", [""] * 30)
    found = facts(written(tmp_path, records))
    assert found.inputs == ("income", "credit_history")
    assert found.protected == ("age",)
    assert found.mapping == {
        "label": ("risk_level",),
        "recommendation": ("recommendation",),
        "income": ("income",),
        "credit_history": ("credit_history",),
        "age": ("age",),
    }
    assert found.recommendations == {"approve": 12, "decline": 9, "review": 9}
    assert found.longest_target == "medium\nreview"
    assert (found.positive, found.accepted) == (("high",), 30)
    assert found.excluded == ("remark", "apply_date", "case_id")
    assert (found.leaking, found.warnings) == ((), ())
    assert [note.en.partition(" is known")[0] for note in found.notes] == [
        "check that each column shown to the model"
    ]


def test_chinese_columns_are_known_by_their_names(tmp_path: Path) -> None:
    records = [
        {
            "客户号": f"K{i % 9}",
            "性别": "男女"[i % 2],
            "年收入(万元)": f"{8 + i * 7 % 40}",
            "是否违约": flag,
        }
        for i, flag in enumerate("是是是否否否否否" * 5)
    ]
    found = facts(written(tmp_path, records))
    assert (found.inputs, found.protected) == (("年收入(万元)",), ("性别",))
    assert found.positive == ("是",)
    assert found.mapping["group"] == ("客户号",)


@pytest.mark.parametrize(
    "name",
    PROTECTED.split(),
)
def test_whose_or_in_what_form_changes_nothing_about_a_protected_column(name: str) -> None:
    assert is_barred_name(name, TASK.fields["protected"])


@pytest.mark.parametrize(
    "name",
    EXCLUDED.split(),
)
def test_whose_or_in_what_form_changes_nothing_about_an_excluded_column(name: str) -> None:
    assert is_barred_name(name, TASK.fields["excluded"])


@pytest.mark.parametrize(
    "name",
    SHOWN.split(),
)
def test_what_things_have_too_is_shown_to_the_model(name: str) -> None:
    kept_out = (field for field in TASK.fields.values() if field.role in ("protected", "excluded"))
    assert not any(is_barred_name(name, field) for field in kept_out)


def test_dates_and_civil_status_are_known_by_their_values_too(tmp_path: Path) -> None:
    states = ["single", "Married", "divorced", "n/a"] * 7 + ["single", "married"]
    records = with_column(applications(), "Zstand", states)
    records = with_column(records, "ApplDate", [f"{day + 1:02}.12.2021" for day in range(30)])
    records = with_column(records, "Since", [f"{1990 + year * 7 % 29}" for year in range(30)])
    found = facts(written(tmp_path, records))
    assert found.inputs == ("Since", "income", "credit_history")
    assert found.protected == ("Zstand", "age")


@given(st.lists(st.sampled_from(["customer", "co", "current", "group", "no", "in"])), st.booleans())
def test_one_foreign_word_makes_an_age_that_of_a_thing(beside: list[str], foreign: bool) -> None:
    name = "_".join([*beside, *["vehicle"][: int(foreign)], "age", *beside])
    assert is_barred_name(name, TASK.fields["protected"]) == (not foreign)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("SK_ID_CURR", ("100002", "100007"), True),
        ("产品编号", ("31", "7"), True),
        ("branch_id", ("31", "31"), False),
        ("amount_paid", ("31", "7"), False),
    ],
)
def test_numbers_that_are_called_ids_are_ids_where_none_comes_back(
    name: str, values: tuple[str, ...], expected: bool
) -> None:
    assert is_id_column(profile_column(name, values)) == expected


def test_a_column_whose_values_name_the_label_is_kept_out_and_said(tmp_path: Path) -> None:
    colours = dict(zip(LEVELS, ("green", "amber", "red"), strict=True))
    records = applications()
    records = with_column(records, "band", [colours[record["risk_level"]] for record in records])
    found = facts(written(tmp_path, records))
    assert found.inputs == ("income", "credit_history")
    assert "band" not in found.mapping
    assert found.leaking == ("band",)
    assert said(found) == [
        "`band` (right in 100% of rows, against 40% for the most frequent label): predicts the "
        "label by itself, so it is not shown to the model: it is probably known only after the "
        "label"
    ]


def test_a_number_that_separates_two_labels_is_kept_out(tmp_path: Path) -> None:
    records = flagged(applications(60), "default")
    scores = [f"{600 + i + 200 * int(record['default'])}" for i, record in enumerate(records)]
    found = facts(written(tmp_path, with_column(records, "score", scores)))
    assert found.inputs == ("income", "credit_history")
    mixed = [f"{600 + i + 40 * int(record['default'])}" for i, record in enumerate(records)]
    found = facts(written(tmp_path, with_column(records, "score", mixed)))
    assert found.inputs == ("score", "income", "credit_history")


def distinct(count: int) -> list[Record]:
    """As many applications, no two alike, of two labels in `default`."""
    records = flagged(applications(count), "default")
    return [{**one, "income": f"{i * 7919 % 100_003}"} for i, one in enumerate(records)]


@pytest.mark.parametrize("empty", ["", "-", "n/a"])
@pytest.mark.parametrize("bad_every", [2, 4, 12])
def test_a_column_that_is_filled_for_one_label_only_is_kept_out(
    bad_every: int, empty: str, tmp_path: Path
) -> None:
    records = [
        {**record, "default": str(int(i % bad_every == 0))}
        for i, record in enumerate(distinct(240))
    ]
    amounts = [
        f"{100 + i * 37 % 1009}" if record["default"] == "1" else empty
        for i, record in enumerate(records)
    ]
    found = facts(written(tmp_path, with_column(records, "got_back", amounts)))
    assert found.leaking == ("got_back",)
    assert found.inputs == ("income", "credit_history")


def test_a_column_that_is_empty_by_chance_is_shown(tmp_path: Path) -> None:
    values = ["" if i * 7 % 5 < 2 else f"{i * 37 % 11}" for i in range(240)]
    found = facts(written(tmp_path, with_column(distinct(240), "savings", values)))
    assert (found.leaking, found.inputs) == ((), ("savings", "income", "credit_history"))


def test_a_file_that_is_sorted_by_label_hides_neither_leaks_nor_units(tmp_path: Path) -> None:
    records = distinct(3 * PREVIEW_ROW_COUNT)
    for column, values in (
        ("status", [f"s{record['default']}" for record in records]),
        ("amount", ["$5" if i % 2 else "$7" for i in range(len(records))]),
    ):
        records = with_column(records, column, values)
    records.sort(key=lambda record: record["default"])
    for record in records[PREVIEW_ROW_COUNT + 200 :: 5]:
        record["amount"] = record["amount"].replace("$", "€")
    assert {record["default"] for record in records[:PREVIEW_ROW_COUNT]} == {"0"}
    found = facts(written(tmp_path, records))
    assert found.leaking == ("status",)
    assert any(text.startswith("`amount` mixes units") for text in said(found))
    assert found == facts(written(tmp_path, records))


def test_a_column_that_gives_a_label_away_is_said_beside_a_text_too(tmp_path: Path) -> None:
    rows = [(text, label, f"team {label}") for text, label in GOOD]
    found = measured(tickets(tmp_path, rows, header="text,intent,team"))
    assert found.leaking == ("team",)
    assert said(found) == [
        "`team` (right in 100% of rows, against 50% for the most frequent label): predicts the "
        "label by itself, so it is not shown to the model: it is probably known only after the "
        "label"
    ]
    assert (found.inputs, found.protected) == ((), ())


def test_the_number_of_a_row_in_a_sorted_file_gives_nothing_away(tmp_path: Path) -> None:
    rows = [(str(number), text, label) for number, (text, label) in enumerate(GOOD)]
    assert said(measured(tickets(tmp_path, rows, header="nr,text,intent"))) == []


@pytest.mark.parametrize("prefix", ["", "1,", "-"])
def test_a_threshold_is_found_whatever_its_numbers_are_written_like(prefix: str) -> None:
    numbers = [(f"{prefix}{value:03}%", "yes" if value > 50 else "no") for value in range(100)]
    assert measure_predictability(numbers).is_leak


@given(st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.just("yes")), max_size=60))
def test_where_all_labels_are_equal_nothing_gives_them_away(pairs: list[tuple[str, str]]) -> None:
    assert not measure_predictability(pairs).is_leak


@given(st.integers(0, 29), st.booleans())
def test_few_rows_prove_nothing(count: int, numbers: bool) -> None:
    values = [str(i % 2) if numbers else "ab"[i % 2] for i in range(count)]
    assert not measure_predictability(
        [(value, ["no", "yes"][i % 2]) for i, value in enumerate(values)]
    ).is_leak


@given(st.floats(0, 1))
def test_a_number_without_a_say_gives_nothing_away(seed: float) -> None:
    pairs = [(str((i * 37 + int(seed * 100)) % 101), ["no", "yes"][i % 2]) for i in range(100)]
    assert not measure_predictability(pairs).is_leak


def test_where_every_column_is_kept_out_it_is_refused(tmp_path: Path) -> None:
    records = [
        {"age": record["age"], "gender": "fm"[i % 2], "risk_level": record["risk_level"]}
        for i, record in enumerate(applications())
    ]
    path = written(tmp_path, records)
    error = refusal(path)
    assert str(error) == (
        f"{path}: no column is left that the model may see; kept out: age, gender"
    )
    assert error.hint == "add columns that are not protected or ids and do not reveal the label"


def test_a_row_of_a_table_is_said_twice_only_with_every_digit(tmp_path: Path) -> None:
    records = applications()
    other = {**records[0], "income": f"{records[0]['income']}1"}
    spaced = {**records[1], "credit_history": f" {records[1]['credit_history']}  "}
    found = facts(written(tmp_path, [*records, other, spaced, records[2]]))
    assert (found.rows, found.accepted, found.rejected) == (33, 31, {"duplicate": 2})


def test_of_an_answer_of_two_lines_both_are_needed_and_known(tmp_path: Path) -> None:
    records = applications(33)
    records[0]["recommendation"] = ""
    records[1]["recommendation"] = "call them"
    records[2]["risk_level"] = ""
    records[4]["recommendation"] = "n/a"
    for name in ("income", "credit_history"):
        records[3][name] = " "
    found = facts(written(tmp_path, records))
    assert found.rejected == {
        "empty_input": 1, "empty_label": 1, "empty_recommendation": 2, "unknown_recommendation": 1,
    }  # fmt: skip
    assert set(found.recommendations) == set(LEVELS.values())


def test_a_column_of_recommendations_that_is_mostly_empty_is_the_suspect(tmp_path: Path) -> None:
    records = applications(60)
    for record in records[:32]:
        record["recommendation"] = ""
    found = facts(written(tmp_path, records))
    assert found.rejected["empty_recommendation"] == 32
    assert [text.en for text in found.warnings if "left out" in text.en] == [
        "32 of 60 rows are left out: no recommendation (32); `recommendation`: most of it is empty"
    ]


def test_a_mark_of_what_is_not_known_counts_as_an_empty_cell(tmp_path: Path) -> None:
    records = applications()
    for name, mark in (("income", "#REF!"), ("credit_history", "未提供")):
        records[3][name] = mark
    assert facts(written(tmp_path, records)).rejected == {"empty_input": 1}


def test_what_a_name_says_may_be_known_later_is_kept_out_where_it_tells_much(
    tmp_path: Path,
) -> None:
    records = flagged(applications(120), "bad_ind")
    told = [
        "180" if (record["bad_ind"] == "1") != (n % 12 == 5) else "0"
        for n, record in enumerate(records)
    ]
    chance = ["0", "30", "60", "30"] * 30
    records = with_column(with_column(records, "max_dpd_12m", told), "dpd_3m_prior", chance)
    found = facts(written(tmp_path, records))
    assert "max_dpd_12m" not in found.inputs
    assert "dpd_3m_prior" in found.inputs


def test_rival_outcomes_are_shown_with_a_doubt_and_written_days_are_not(tmp_path: Path) -> None:
    records = with_column(flagged(applications(), "default_12m"), "fraud_flag", ["0", "1"] * 15)
    days = [f"{1 + n % 9:02}MAR2024" for n in range(30)]
    found = facts(written(tmp_path, with_column(records, "app_dt", days)))
    assert "app_dt" not in found.inputs
    assert "fraud_flag" in found.doubtful
