"""One situation to decide for: what was answered, measured and looked up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import ceil

from newft.decide.bare_labels import explain_bare_labels
from newft.entries import Catalog, Family, Hardware, Prompts, Size, Task
from newft.model import Answers, Facts
from newft.text import Text
from newft.text_pieces import TextPieces, count_pieces

# The system and the user's other programs keep a quarter of a machine's memory
CPU_MEMORY_SHARE = 0.75
# A desktop with a large screen takes up to 0.9 GB of the card that draws it
# (https://github.com/linuxmint/cinnamon/issues/3892); rounded up, a rule of newft.
DESKTOP_GB = 1.0
TOKENS_PER_MARK = 1.0  # a mark of ASCII is one token at most, and a run of one mark too
MEDIAN, P95, LONGEST = 0.5, 0.95, 1.0  # shares of the rows; `Lengths.rows` has these and others


@dataclass(frozen=True)
class Case:
    """Everything a value of the recipe may depend on."""

    answers: Answers
    facts: Facts
    family: Family
    size: Size | None  # None: a folder, or a hub id that the catalogue does not know
    hardware: Hardware
    task: Task
    catalog: Catalog | None = None  # what could be chosen instead

    @property
    def on_cpu(self) -> bool:
        """True where a processor trains."""
        return self.hardware.accelerator.kind == "cpu"

    @property
    def trains_here(self) -> bool:
        """True where the machine that generates is the one that trains."""
        return self.answers.gpu == "auto" and self.facts.machine is not None

    @property
    def memory_gb(self) -> float | None:
        """Memory one process can fill, in GB of 1e9 bytes; None is unknown."""
        machine = self.facts.machine
        if self.on_cpu and self.trains_here and machine is not None:
            return machine.memory_gb and machine.memory_gb * CPU_MEMORY_SHARE
        memory = self.hardware.accelerator.memory_gb
        return memory and max(0.0, memory - self.desktop_gb)

    @property
    def desktop_gb(self) -> float:
        """Memory to leave to the screen of a card that has one."""
        return DESKTOP_GB if self.hardware.accelerator.desktop else 0.0

    @property
    def memory_label(self) -> Text:
        """What the memory is called in messages."""
        title, memory = self.hardware.accelerator.title, figure(self.memory_gb)
        if self.memory_gb is None:
            return Text(title, title)
        if self.desktop_gb:
            whole = figure(self.hardware.accelerator.memory_gb)
            return Text(
                f"{title} ({memory} of {whole} GB, {self.desktop_gb:g} GB left to a desktop)",
                f"{title}（{whole} GB，给桌面留 {self.desktop_gb:g} GB，可用 {memory} GB）",
            )
        return Text(f"{title} ({memory} GB)", f"{title}（{memory} GB）")

    @property
    def rows(self) -> int:
        """Usable rows."""
        return self.facts.data.accepted

    @property
    def labels(self) -> int:
        """Labels to tell apart; at least 1, so that it can be divided by."""
        return max(1, len(self.facts.data.labels))

    @cached_property
    def longest_answer_tokens(self) -> int:
        """Tokens of the longest answer; there may be hundreds of labels."""
        data = self.facts.data
        return max(tokens_of(answer, self.family) for answer in (*data.labels, data.longest_answer))

    @property
    def name(self) -> str:
        """The model's name for messages."""
        return self.size.hub_id if self.size else self.answers.model


def tokens_of(text: str, family: Family) -> int:
    """Tokens of a text that is at hand, rounded up."""
    return ceil(_pieces_of(text).weigh(_piece_weights(family)))


_pieces_of = lru_cache(maxsize=2048)(count_pieces)  # the same labels and prompts come up often


def input_tokens(case: Case, share: float) -> int:
    """Tokens of the longest input among this share of the rows."""
    weights = _piece_weights(case.family)
    rows = case.facts.data.lengths.rows
    return ceil(max(row.pieces.weigh(weights) for row in rows if row.share == share))


def _piece_weights(family: Family) -> TextPieces:
    """Tokens of a piece of each kind."""
    tokens = {piece: measured.value for piece, measured in family.tokens_per_piece.items()}
    return TextPieces(
        words=tokens["word"],
        digits=tokens["digit"],
        marks=TOKENS_PER_MARK,
        han=tokens["han"],
        other=tokens["other"],
    )


def answer_tokens(case: Case) -> int:
    """Tokens of the longest answer, its end of turn included."""
    return case.longest_answer_tokens + 1


def prompts_of(case: Case) -> Prompts:
    """The prompts of records with an outcome, or of records without; bare labels are explained."""
    task, data, language = case.task, case.facts.data, case.answers.language
    prompts = (task.prompts_with_outcome if data.outcomes else task.prompts)[language]
    explanation = explain_bare_labels(task, data, language)
    return replace(prompts, untuned="\n".join(filter(None, (prompts.untuned, explanation))))


def fixed_tokens(case: Case) -> int:
    """Tokens of what every training row has besides its input."""
    about = case.task.asks_about.get(case.answers.language, "")
    return (
        tokens_of(prompts_of(case).tuned, case.family)
        + tokens_of(about, case.family)
        + case.family.chat.template_tokens
        + answer_tokens(case)
    )


def mean_row_tokens(case: Case) -> int:
    """Tokens of a usual training row, template included."""
    return input_tokens(case, MEDIAN) + fixed_tokens(case)


def memory_zh(hardware: Hardware) -> str:
    """What the memory that a run fills is called: Chinese has a word for a card's own."""
    return "显存" if hardware.accelerator.kind in ("cuda", "npu") else "内存"


def at_most(value: float) -> str:
    """A bound as a reader wants it, never below what it is."""
    return f"{ceil(value):,}" if value >= 10 else f"{ceil(value * 10) / 10:.1f}"


def figure(value: float | None) -> str:
    """A number as a reader wants it: 16, 1.5 or 0.04, with no more digits than it is worth."""
    if value is None:
        return "?"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
