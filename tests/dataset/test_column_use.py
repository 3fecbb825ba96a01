"""Tables as core systems export them: what the model may see, what is protected, what is not shown.

Column names differ between firms and countries, so each table has names and languages of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from newft.dataset.identifier_checks import is_resident_id
from support.credit_applications import facts, written
from support.spread_values import FIRST, LAST, ROADS, spread

ROWS = 120
Cell = Callable[[int], str]


def choose(*values: str, step: int = 7) -> Cell:
    """The values in turn, in an order that says nothing about the label."""
    return lambda i: values[(i * step + i // 11) % len(values)]


def measure(low: int, high: int, scale: float = 1) -> Cell:
    """Numbers that measure: of several widths, in no order."""

    def read(i: int) -> str:
        value = (low + spread(i + low, 9) % (high - low)) * scale
        return f"{value:g}"

    return read


def resident_id(i: int) -> str:
    start = f"110105{1950 + i % 50}{i % 12 + 1:02}{i % 28 + 1:02}{i:03}"
    return next(start + mark for mark in "0123456789X" if is_resident_id(start + mark))


INCOME, AMOUNT = measure(9_000, 240_000), measure(500, 90_000)
SHOWN: dict[str, Cell] = {"a": INCOME, "b": AMOUNT}

# name of the table -> label, then columns by use; `?` stands for an input that is asked about
TABLES: dict[str, tuple[str, dict[str, Cell], dict[str, Cell], dict[str, Cell]]] = {
    "bank, English, short names": (
        "bad_flag",
        {"ann_inc": INCOME, "ln_amt": AMOUNT, "dti_pct": measure(1, 900, 0.1)},
        {
            "SEX": choose("1", "2"),
            "mrtl_sts_cd": choose("S", "M", "D"),
            "BIRTH_DT": choose("a", "b"),
        },
        {
            "CIF": lambda i: f"{spread(i, 9)}",
            "nm_line1": lambda i: f"{FIRST[i % 8]} {LAST[i // 8 % 8]}{'abcdefgh'[i // 64]}",
            "cell": lambda i: f"({spread(i, 3)}) 555-{spread(i, 4)}",
            "acct_ref": lambda i: f"AC-{spread(i, 7)}",
        },
    ),
    "bank, Chinese": (
        "是否违约",
        {"年收入": INCOME, "申请金额": AMOUNT, "行业": choose("制造", "零售", "教育", "建筑")},
        {
            "民族": choose("汉族", "回族"),
            "婚姻": choose("10", "20", "30"),
            "供养人数": choose("0", "1", "2"),
        },
        {
            "证件": resident_id,
            "联系手机": lambda i: f"13{spread(i, 9)}",
            "现住址": lambda i: f"上海市浦东新区世纪大道{i + 1}号",
            "客户名称": lambda i: "王李张刘"[i % 4] + "伟芳娜敏静"[i % 5] + "军洋勇艳杰涛"[i % 6],
            "催收次数": choose("0", "1", "2"),
        },
    ),
    "lender, German": (
        "default",
        {
            "jahreseinkommen": INCOME,
            "kreditbetrag": AMOUNT,
            "zweck": choose("auto", "haus", "reise"),
        },
        {
            "familienstand": choose("A", "B"),
            "geschlecht": choose("m", "w"),
            "anzahl_kinder": choose("0", "1"),
        },
        {
            "nachname": choose("Maier", "Huber", "Schmid", "Wolf"),
            "anschrift": lambda i: f"Lindenstraße {i + 1}, Bonn",
            "rufnummer": lambda i: f"+49 30 {spread(i, 7)}",
            "vorgang": lambda i: f"{spread(i, 8)}",
        },
    ),
    "lender, Spanish": (
        "default",
        {"ingresos": INCOME, "monto": AMOUNT, "sector": choose("campo", "comercio", "obra")},
        {
            "estado_civil": choose("1", "2"),
            "sexo": choose("1", "2"),
            "num_hijos": choose("0", "1", "3"),
        },
        {
            "documento": lambda i: f"{spread(i, 8)}{'TRWAGMYFPDXBNJZSQVHLCKE'[spread(i, 8) % 23]}",
            "correo": lambda i: f"cliente{i}@correo.example",
            "domicilio": lambda i: f"Calle Mayor {i + 1}, Lugo",
        },
    ),
    "lender, French": (
        "default",
        {"revenu": INCOME, "montant": AMOUNT},
        {
            "état_civil": choose("1", "2"),
            "nationalité": choose("FR", "BE"),
            "nb_enfants": choose("0", "2"),
        },
        {
            "ref_dossier": lambda i: f"D{spread(i, 6)}X",
            "courriel": lambda i: f"c{i}@poste.example",
            "prenom": choose("Luc", "Anne", "Zoe"),
        },
    ),
    "insurer, English": (
        "risk",
        {
            "premium": AMOUNT,
            "sum_insured": measure(10_000, 900_000),
            "vehicle_age": choose("1", "4", "9"),
        },
        {
            "InsuredGenderCd": choose("1", "2"),
            "ethnicOrigin": choose("A", "B"),
            "Dependants": choose("0", "1"),
        },
        {
            "PolicyNumber": lambda i: f"{spread(i, 6)}",
            "PlateNo": lambda i: f"AB{spread(i, 2)} XY{i}",
            "ClaimPaidAmt": AMOUNT,
            "street": lambda i: f"{i + 1} {ROADS[i % 5]}",
        },
    ),
    "insurer, Chinese": (
        "风险等级",
        {"保费": AMOUNT, "保额": measure(10_000, 900_000)},
        {
            "投保人性别": choose("1", "2"),
            "被保险人出生年": choose("1980", "1990"),
            "国籍": choose("CN", "SG"),
        },
        {
            "保单号": lambda i: f"P{spread(i, 10)}",
            "车牌": lambda i: f"京A{spread(i, 5)}",
            "退保原因": choose("x", "y"),
        },
    ),
    "telco, English": (
        "bad_flag",
        {
            "monthly_bill": measure(5, 900, 0.5),
            "data_gb": measure(1, 400, 0.1),
            "phone_brand": choose("A", "B", "C"),
        },
        {
            "GNDR": choose("1", "2"),
            "religion_cd": choose("1", "2", "3"),
            "home_zip": choose("101", "202"),
        },
        {
            "MSISDN": lambda i: f"447{spread(i, 9)}",
            "handset": lambda i: f"{spread(i, 15)}",
            "last_ip": lambda i: f"10.{i % 9}.{i}.{i * 7 % 250}",
            "portal": lambda i: f"https://my.example/{i}",
            "total_recovered": AMOUNT,
        },
    ),
    "telco, Chinese": (
        "是否逾期",
        {"月消费": measure(5, 900), "流量": measure(1, 400, 0.1), "套餐": choose("甲", "乙", "丙")},
        {"户口性质": choose("1", "2"), "有无小孩": choose("0", "1"), "宗教": choose("0", "1", "2")},
        {
            "号码": lambda i: f"18{spread(i, 9)}",
            "微信号": lambda i: f"wx_{spread(i, 6)}",
            "序列": lambda i: f"{spread(i, 15)}",
        },
    ),
    "lender, Italian": (
        "default",
        {"reddito": INCOME, "importo": AMOUNT},
        {
            "sesso": choose("1", "2"),
            "stato_civile": choose("1", "2"),
            "luogo_nascita": choose("x", "y"),
        },
        {
            "pratica": lambda i: f"{spread(i, 11)}",
            "indirizzo": lambda i: f"Via Roma {i + 1}, Bari",
            "cognome": choose("Rossi", "Russo", "Bianchi"),
        },
    ),
    "codes of a system without names": (
        "target",
        {"f1": INCOME, "f2": AMOUNT},
        {"f3": choose("汉族", "满族", "回族"), "f4": choose("male", "female")},
        {
            "f5": lambda i: f"u{i}@mail.example",
            "f6": lambda i: f"{spread(i, 3)}-{spread(i, 3)}-{spread(i, 4)}",
            "f7": lambda i: f"{spread(i, 12)}",
            "f8": lambda i: f"{i + 1} {ROADS[i % 5]}",
            "f9": resident_id,
        },
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_any_system_shows_only_what_it_may(name: str, tmp_path: Path) -> None:
    label, shown, protected, hidden = TABLES[name]
    flags = ("low", "high") if label in ("risk", "风险等级") else ("0", "1")
    columns = {**hidden, **shown, **protected}
    records = [
        {**{column: cell(i) for column, cell in columns.items()}, label: flags[i * 13 // 7 % 2]}
        for i in range(ROWS)
    ]
    found = facts(written(tmp_path, records))
    kept_out = {*found.excluded, *found.leaking, *found.mapping.get("group", ())}
    assert found.inputs == tuple(shown)
    assert {*found.protected} == {*protected}
    assert kept_out == {*hidden}
    for column in (*found.protected, *found.excluded):
        assert found.reasons[column].en
        assert found.reasons[column].zh
    assert not {*found.reasons} & {*found.inputs}


@pytest.mark.parametrize(
    ("bands", "use"),
    [
        (["18-24", "25-34", "35-44", "65+"], "protected"),
        (["20 to 29", "30 to 39", "40 to 49"], "protected"),
        (["20岁至30岁", "30岁至40岁", "40岁至50岁", "60岁以上"], "protected"),
        (["0-10", "10-20", "20-30", "30+"], "inputs"),  # shares
        (["12-24", "24-36", "36-48"], "inputs"),  # months
    ],
)
def test_bands_of_ages_are_told_by_their_values(bands: list[str], use: str, tmp_path: Path) -> None:
    cell = choose(*bands)
    records = [
        {"a": INCOME(i), "b": AMOUNT(i), "x7": cell(i), "risk": ("low", "high")[i * 13 // 7 % 2]}
        for i in range(ROWS)
    ]
    assert "x7" in getattr(facts(written(tmp_path, records)), use)


CENTRE, OFFICER = choose("North", "South", "West"), choose("K. Ito", "R. Diaz", "P. Nowak", "L. Ek")


@pytest.mark.parametrize(
    ("column", "cell", "use"),
    [
        *((one, choose("0", "1", "2"), "excluded") for one in ("max_60dpd", "max60dpd", "lgd2")),
        *(
            (one, AMOUNT, "excluded")
            for one in ("final_balance", "bureau_score_after", "default_probability", "最终余额")
        ),
        *(
            (one, CENTRE, "excluded")
            for one in (
                "closed_reason",
                "dateClosed",
                "closed_by_reason",
                "legal_action_taken",
                "status_after",
            )
        ),
        *(
            (one, CENTRE, "protected")
            for one in ("Staatsbürgerschaft", "staatsbuergerschaft", "Herkunftsland", "Geburtsort")
        ),
        *((one, choose("1", "2"), "protected") for one in ("genre", "sexe", "nationalité")),
        *((one, measure(20, 70), "protected") for one in ("âge", "alter_kunde", "EDAD")),
        ("x7", choose("Mr", "Mrs", "Ms"), "protected"),
        ("x7", choose("Herr", "Frau"), "protected"),
        ("x7", choose("Black", "White", "Asian"), "protected"),
        *(
            (one, OFFICER, "excluded")
            for one in (
                "客户经理",
                "经办人",
                "审批人编号",
                "loan_officer",
                "Underwriter",
                "handled_by",
            )
        ),
        ("mother's maiden name", choose("Ito", "Diaz", "Nowak"), "excluded"),
        *(
            (one, AMOUNT, "inputs")
            for one in ("income_after_tax", "closed_loan_amt", "alterations")
        ),
        *(
            (one, choose("0", "1", "2"), "inputs")
            for one in ("closed_accounts", "90dpd_12m", "closed_loans")
        ),
        ("vehicle_color", choose("black", "white", "red", "blue"), "inputs"),
    ],
)
def test_names_that_nobody_listed_are_told_by_their_words(
    column: str, cell: Cell, use: str, tmp_path: Path
) -> None:
    records = [
        {"a": INCOME(i), "b": AMOUNT(i), column: cell(i), "risk": ("low", "high")[i * 13 // 7 % 2]}
        for i in range(ROWS)
    ]
    assert column in getattr(facts(written(tmp_path, records)), use)


@pytest.fixture(scope="module")
def wild() -> Path:
    """The folder of files as users have them."""
    if "NEWFT_TRIAL_DATA" not in os.environ:
        pytest.skip("NEWFT_TRIAL_DATA does not say where the public trial files are")
    return Path(os.environ["NEWFT_TRIAL_DATA"]) / "wild"


PERSON = "ethnic_group marital num_kids"
HIDDEN = """cust_no first_name surname ssn passport_number iban account_number card_no home_address
    mobile email_addr tax_id"""


@pytest.mark.parametrize(
    ("name", "shown", "protected", "hidden"),
    [
        (
            "32-pii/core_export.csv",
            "income amount dti util",
            "ethnic_group marital num_kids",
            HIDDEN,
        ),
        (
            "11-bank-xlsx/title_only.xlsx",
            "申请金额 年收入 贷款用途",
            "年龄 性别",
            "客户号 申请日期",
        ),
        ("18-credit-mess/mixed_bool.csv", "income amount dti util", "", ""),
        ("19-imbalance/one_percent.csv", "income amount dti util", "", ""),
        ("11-bank-xlsx/units_row.csv", "income amount dti util", "", "customer_id"),
        ("18-credit-mess/lc_like.csv", "loan_amnt int_rate annual_inc dti", "", "loan_id issue_d"),
        (
            "28-loan-status/accepted_like.csv",
            "loan_amnt term int_rate annual_inc dti",
            "",
            "id member_id emp_title total_pymnt recoveries",
        ),
    ],
)
def test_files_as_users_have_them_show_no_more_than_they_may(
    name: str, shown: str, protected: str, hidden: str, wild: Path
) -> None:
    found = facts(wild / name)
    assert {*shown.split()} & {*found.files[0].columns} <= {*found.inputs}
    assert {*found.protected} == {*protected.split()}
    assert {*hidden.split()} <= {*found.excluded}
    assert {*hidden.split()} <= {*found.reasons}


def test_one_warning_lists_the_columns_that_identify_people(wild: Path) -> None:
    warning = facts(wild / "32-pii/core_export.csv").warnings[0].en
    assert warning == (
        "12 columns identify people or records and are not shown to the model: "
        f"{', '.join(HIDDEN.split())}; leave them out of the file if nobody needs them here"
    )
