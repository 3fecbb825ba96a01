"""Estimate token counts without a tokenizer."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import ceil

from newft.decide.inputs import Inputs
from newft.decide.label_explanation import explain_bare_labels
from newft.schema.family import Family
from newft.schema.kit import SystemPrompts
from newft.token_pieces import PieceCounts, count_pieces

# An ASCII punctuation mark is at most one token, and so is a run of the same mark.
TOKENS_PER_PUNCTUATION_RUN = 1.0
# quantiles of the row lengths in `Lengths.rows`
MEDIAN = 0.5
P95 = 0.95
MAXIMUM = 1.0


def estimate_tokens(text: str, family: Family) -> int:
    """Estimate the tokens of a text, rounded up."""
    return ceil(count_pieces_cached(text).weigh(get_tokens_per_piece(family)))


# the same labels and prompts are counted many times
count_pieces_cached = lru_cache(maxsize=2048)(count_pieces)


def estimate_input_tokens(inputs: Inputs, share: float) -> int:
    """Estimate the tokens of an input at this quantile of the lengths."""
    weights = get_tokens_per_piece(inputs.family)
    rows = inputs.facts.data.lengths.rows
    return ceil(max(row.pieces.weigh(weights) for row in rows if row.share == share))


def get_tokens_per_piece(family: Family) -> PieceCounts:
    """Return the tokens per piece of each kind for a family."""
    tokens = family.tokens_per_piece.value
    return PieceCounts(
        words=tokens["word"],
        digits=tokens["digit"],
        marks=TOKENS_PER_PUNCTUATION_RUN,
        han=tokens["han"],
        other=tokens["other"],
    )


def estimate_longest_target_tokens(inputs: Inputs) -> int:
    """Estimate the tokens of the longest target, including the end of turn."""
    weights, data = get_tokens_per_piece(inputs.family), inputs.facts.data
    targets = (*data.labels, data.longest_target)
    return ceil(max(count_pieces_cached(target).weigh(weights) for target in targets)) + 1


def select_prompts(inputs: Inputs) -> SystemPrompts:
    """Return the prompts for the fields that the records have, with bare labels explained."""
    task, data, language = inputs.task, inputs.facts.data, inputs.answers.language
    prompts = task.prompts[language].select_parts(data.mapping)
    explanation = explain_bare_labels(task, data, language)
    return replace(prompts, base="\n".join(filter(None, (prompts.base, explanation))))


def estimate_overhead_tokens(inputs: Inputs) -> int:
    """Estimate the tokens of a training row besides its input: prompts, template, target."""
    about = inputs.task.question_template.get(inputs.answers.language, "")
    return (
        estimate_tokens(select_prompts(inputs).tuned, inputs.family)
        + estimate_tokens(about, inputs.family)
        + inputs.family.chat.template_tokens
        + estimate_longest_target_tokens(inputs)
    )


def estimate_row_distribution(
    inputs: Inputs, max_length: int | None = None
) -> list[tuple[float, int]]:
    """Estimate shares of the training rows, and the tokens of a row of each, cut at `max_length`.

    All rows between two quantiles count as the longest of them: rows of a batch are about equally
    long, and are padded to the longest.
    """
    shares = sorted({row.share for row in inputs.facts.data.lengths.rows})
    besides = estimate_overhead_tokens(inputs)
    tokens = [estimate_input_tokens(inputs, share) + besides for share in shares]
    return [
        (share - before, min(count, max_length) if max_length else count)
        for before, share, count in zip((0.0, *shares), shares, tokens, strict=False)
    ]
