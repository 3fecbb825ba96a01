"""Put the measured figures beside the claims of PLAN.md: `make plan`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .config import Config
from .data.normalize import escape_controls
from .evaluation.hypotheses import (
    Hypothesis,
    HypothesisResult,
    judge_assumed_benefit,
    judge_hypothesis,
    load_hypotheses,
)
from .evaluation.statistics import Metric, format_metric
from .metrics import PRIMARY_METRICS
from .runtime.atomic_files import write_text
from .runtime.damaged_files import read_json
from .runtime.errors import ProjectError
from .runtime.main import run_command
from .runtime.markdown_text import escape_markdown
from .runtime.messages import fill
from .runtime.output import say
from .runtime.text_layout import wrap
from .training.run_dir import get_run_dir

HELP = """\
Put the measured figures beside the claims of PLAN.md: make plan

The claims are those of config/hypotheses.yaml, the figures those of make eval."""
VERDICT_TEXTS = {
    "supported": fill("supported"),
    "refuted": fill("refuted"),
    "too few rows": fill("too few rows"),
    "not measured": fill("not measured"),
}
UNIT_TEXTS = {"score": "", "seconds": fill(" s"), "minutes": fill(" min")}
MODEL_TEXTS = {
    "base": fill("base model"),
    "tuned": fill("tuned model"),
    "baseline": fill("classical baseline"),
}
ASSUMED_TEXTS = {
    "same": fill("as much benefit as fine-tuning"),
    "less": fill("less benefit than fine-tuning"),
    "more": fill("more benefit than fine-tuning"),
}
AGREEMENT_TEXTS = {
    "agrees": fill("the {n} test rows agree"),
    "contradicts": fill("the {n} test rows contradict it, so correct {keys}"),
    "no difference": fill("on {n} test rows, no difference was found"),
}
BENEFIT_KEYS = {
    "base": "roi.prompt_benefit / roi.finetune_benefit",
    "baseline": "roi.classical_benefit / roi.finetune_benefit",
}
SIGNS = {"at_least": "≥", "at_most": "≤"}
NO_VALUE = "-"


def main(config: Config, options: argparse.Namespace) -> None:
    """Compare every claim with its figure, print the table and save it beside the evaluation."""
    hypotheses, run = load_hypotheses(), get_run_dir(config)
    path = run.path / "evaluation.json"
    if not path.exists():
        raise ProjectError("{path} is missing", "run `make eval` first", path=path)
    evaluation = read_json(path, fill("run `make eval` again"))
    judged = [judge_hypothesis(one, evaluation) for one in hypotheses.values()]
    for one in judged:
        say(format_result(one))
    measured = [*list_models(evaluation), *list_assumptions(judged)]
    say("\n".join(["", *(wrap(line, indent="  ") for line in measured)]))
    lines = [*format_table(judged), "", *(f"- {escape_markdown(line)}" for line in measured)]
    write_text(run.path / "hypotheses.md", "\n".join(lines) + "\n")
    say("\nthe same as a table: {path}", path=run.path / "hypotheses.md")


def format_result(judged: HypothesisResult) -> str:
    """One claim in lines of a terminal: the verdict, the claim, and the figures."""
    one = judged.hypothesis
    figures = fill(
        "target {target}, measured {measured}, rows {n} of {needed}",
        target=format_target(one),
        measured=format_measured(judged),
        n=format_rows(judged.measured and judged.measured.n),
        needed=format_rows(one.rows_needed),
    )
    first = fill("{verdict}: {claim}", verdict=VERDICT_TEXTS[judged.verdict], claim=one.claim)
    return f"{wrap(first, indent='  ')}\n  {wrap(figures, indent='  ')}"


def list_models(evaluation: Mapping[str, Any]) -> Iterator[str]:
    """Each model with the metric by which the task is judged."""
    name = PRIMARY_METRICS[0]
    for model, title in MODEL_TEXTS.items():
        if found := evaluation.get(model, {}).get(name):
            figure = format_metric(Metric(found["value"], found["low"], found["high"], found["n"]))
            yield fill("{model}: {metric} {figure}", model=title, metric=name, figure=figure)


def list_assumptions(judged: Sequence[HypothesisResult]) -> Iterator[str]:
    """Whether the benefit that PLAN.md counts for each model agrees with what was measured."""
    for one in judged:
        agreement, assumed = judge_assumed_benefit(one), one.hypothesis.assumed_benefit
        if agreement and assumed and one.measured and (model := one.hypothesis.against):
            yield fill(
                "section 8 of PLAN.md assumes that the {model} brings {assumed}: {agreement}",
                model=MODEL_TEXTS[model],
                assumed=ASSUMED_TEXTS[assumed],
                agreement=AGREEMENT_TEXTS[agreement].format(
                    n=f"{one.measured.n:,}", keys=BENEFIT_KEYS[model]
                ),
            )
            if model == "base":
                yield fill(
                    "measured was the base model of this project; a larger one behind an API may "
                    "do better with a prompt"
                )


def format_table(judged: Sequence[HypothesisResult]) -> list[str]:
    """All claims as a table of Markdown."""
    titles = (
        fill("claim"),
        fill("target"),
        fill("measured"),
        fill("rows"),
        fill("rows needed"),
        fill("verdict"),
    )
    rows = [
        (
            escape_markdown(escape_controls(" ".join(one.hypothesis.claim.split()))),
            format_target(one.hypothesis),
            format_measured(one),
            format_rows(one.measured and one.measured.n),
            format_rows(one.hypothesis.rows_needed),
            VERDICT_TEXTS[one.verdict],
        )
        for one in judged
    ]
    lines = (titles, ("---",) * len(titles), *rows)
    return [f"| {' | '.join(cells)} |" for cells in lines]


def format_target(hypothesis: Hypothesis) -> str:
    """What the figure should reach."""
    if hypothesis.target is None:
        return NO_VALUE
    text = f"{SIGNS[hypothesis.direction]} {_format_value(hypothesis, hypothesis.target)}"
    if hypothesis.against is None:
        return text
    return fill("{target} above {model}", target=text, model=MODEL_TEXTS[hypothesis.against])


def format_measured(judged: HypothesisResult) -> str:
    """The figure with its 95 % interval."""
    measured, one = judged.measured, judged.hypothesis
    if measured is None:
        return NO_VALUE
    text = _format_value(one, measured.value)
    if measured.low is None or measured.high is None:
        return text
    ends = (measured.low, measured.high)
    if one.unit == "share" and one.against:
        return f"{text} [{', '.join(f'{100 * end:.1f}' for end in ends)}]"
    return f"{text} [{', '.join(_format_value(one, end) for end in ends)}]"


def format_rows(count: int | None) -> str:
    """A number of rows."""
    return NO_VALUE if count is None else f"{count:,}"


def _format_value(hypothesis: Hypothesis, value: float) -> str:
    if hypothesis.unit == "share" and hypothesis.against:
        return fill("{value:.1f} points", value=100 * value)
    if hypothesis.unit == "share":
        return fill("{value:.1f} %", value=100 * value)
    if hypothesis.unit == "score":
        return f"{value:.3f}"
    return f"{value:g}{UNIT_TEXTS[hypothesis.unit]}"


if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP))
