"""The model card of a run: the README.md beside its trained weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from string import Template
from typing import Any

import yaml
from transformers import PreTrainedConfig

from ..config import Config
from ..model.chat_template import fold_system_turn
from ..model.load import get_auto_class
from ..model.method import (
    CARD_LIBRARY,
    CARD_LICENSE,
    CARD_SUMMARY,
    CARD_TAGS,
    GENERATING_CODE,
    LOADING_CODE,
)
from ..model.stored_weights import UNPACKING_CODE
from ..model.supported_models import HAS_REVISIONS
from ..prompts import Conversation, Message, build_prompt
from ..runtime.atomic_files import write_text
from ..runtime.markdown_text import escape_markdown
from ..runtime.messages import fill
from .run_dir import RunDir, to_portable_name

USAGE_TEMPLATE = Template("""\
messages = [
$messages
]
inputs = tokenizer.apply_chat_template(
    messages, add_generation_prompt=True, return_dict=True, return_tensors="pt", **$arguments
)
stop = tokenizer.convert_tokens_to_ids($stop)
$generating
print(tokenizer.decode(written[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))""")
DTYPE_NAMES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}  # as torch has them
COMPARED_MODELS = ("base", "tuned", "baseline")


def write_model_card(
    run: RunDir,
    config: Config,
    base: PreTrainedConfig,
    evaluation: Mapping[str, Any] | None = None,
) -> None:
    """Write the card of a trained run, with the figures of its evaluation once there are any.

    `base` is what config.json of the base model says.
    """
    usage = _format_usage(run.load_trained_config(config), run.record(), base)
    lines = _format_card(run, run.load_trained_config(config), usage, evaluation)
    write_text(run.trained_folder / "README.md", "\n".join(lines) + "\n")


def _format_card(
    run: RunDir, config: Config, usage: str, evaluation: Mapping[str, Any] | None
) -> Iterator[str]:
    record, base = run.record(), to_portable_name(config.model.id)
    yield "---"
    yield yaml.safe_dump(_build_metadata(config), sort_keys=False, allow_unicode=True).rstrip()
    yield "---"
    yield f"\n# {config.run.name}\n"
    yield fill(CARD_SUMMARY, base=base)
    yield fill("\n## How to ask it\n")
    yield fill(
        "Use the prompt of the training. `formatting.py` converts a record into the user message, "
        "and `make chat` uses the same code. Unlike the code below, `make chat` tokenizes the "
        "text of a control token in a message, such as {token}, as plain text.\n",
        token=config.model.end_of_turn,
    )
    yield _fence_code(usage, "python")
    yield fill("\nThe labels that it can predict:\n")
    yield _fence_code("\n".join(config.task.labels))
    yield from _format_provenance(run, config, record, base)
    yield fill("\n## Evaluation\n")
    yield from _format_evaluation(evaluation)
    yield fill("\n## Limits\n")
    yield fill(
        "- It is trained for this task and these labels only, and may still generate other text."
    )
    yield fill("- The metrics hold only for data that resembles the test rows.")
    yield fill(
        "- Inputs that exceed {tokens} tokens together with the prompt are truncated in "
        "the middle.",
        tokens=config.training.max_length,
    )
    yield fill(CARD_LICENSE)


def _format_provenance(
    run: RunDir, config: Config, record: Mapping[str, Any], base: str
) -> Iterator[str]:
    """What the model was made from, and how: base model, rows, recipe."""
    yield fill("\n## Base model\n")
    yield from _format_key_values(
        {
            "model.id": base,
            "model.license": config.model.license or fill("unknown: ask who published the model"),
            "model.architecture": config.model.architecture or fill("unknown"),
            "model.parameters": config.model.parameters or fill("unknown"),
            fill("revision"): record.get("model_revision") or fill("unknown"),
            fill("SHA-256 of both ends of its weights"): record.get("model_sha256"),
        }
    )
    yield fill("\n## Training data\n")
    yield from _format_key_values(
        {
            fill("SHA-256 of the formatted rows"): record.get("data_sha256"),
            fill("rows to train on"): record.get("train_rows"),
            fill("rows to validate on"): record.get("validation_rows"),
        }
    )
    yield fill("\n## Recipe\n")
    trained = config.training.model_dump(exclude_unset=True)
    last = run.last_checkpoint()  # the run may have ended before the last planned step
    yield from _format_key_values(
        {
            **{f"method.{name}": value for name, value in config.method},
            **{f"training.{name}": value for name, value in trained.items()},
            "model.precision": config.model.precision,
            "run.seed": config.run.seed,
            fill("steps"): last.name.rpartition("-")[2] if last else record.get("steps"),
            fill("processes"): record.get("processes"),
            fill("peak of memory (GB)"): record.get("peak_memory_gb"),
            **record.get("versions", {}),
        }
    )


def _build_metadata(config: Config) -> dict[str, object]:
    """What model hubs read; a model that is only a folder somewhere has no name there."""
    base = to_portable_name(config.model.id)
    named = {"base_model": base} if base == config.model.id and "/" in base else {}
    licensed = {"license": config.model.license} if config.model.license else {}
    return {
        **named,
        **licensed,
        "library_name": CARD_LIBRARY,
        "pipeline_tag": "text-generation",
        "tags": list(CARD_TAGS),
    }


def _format_usage(config: Config, record: Mapping[str, Any], base: PreTrainedConfig) -> str:
    """Code that loads the model as training did, and asks it."""
    revision, precision = record.get("model_revision"), config.model.precision
    at_revision = f", revision={json.dumps(revision)}" if HAS_REVISIONS and revision else ""
    named = json.dumps(to_portable_name(config.model.id)) + at_revision
    loader = get_auto_class(base).__name__
    packed = bool(UNPACKING_CODE) and hasattr(base, "quantization_config")
    return (
        LOADING_CODE.format(
            base=f"{named}, config=config" if packed else named,
            loader=loader,
            classes=f"AutoConfig, {loader}, AutoTokenizer"
            if packed
            else f"{loader}, AutoTokenizer",
            unpacking=UNPACKING_CODE.format(base=named) if packed else "",
            dtype=DTYPE_NAMES.get(precision, precision),
        )
        + "\n"
        + USAGE_TEMPLATE.substitute(
            messages="\n".join(f"    {_format_message(turn)}," for turn in _list_turns(config)),
            arguments=repr(config.model.template_arguments),
            stop=json.dumps([config.model.end_of_turn, *config.model.stop_tokens]),
            generating=GENERATING_CODE,
        )
    )


def _list_turns(config: Config) -> Conversation:
    """The turns of a prompt, as the chat template takes them."""
    turns = build_prompt("...", config.task)
    return fold_system_turn(turns) if config.model.system_turn == "user" else turns


def _format_message(message: Message) -> str:
    return json.dumps(message, ensure_ascii=False)


def _format_evaluation(measured: Mapping[str, Any] | None) -> Iterator[str]:
    if measured is None:
        yield fill("Not evaluated yet: `make eval` adds the figures.")
        return
    yield fill(
        "{rows} of {test_rows} test rows; 95 % confidence intervals in brackets.\n",
        rows=measured["rows"],
        test_rows=measured["test_rows"],
    )
    titles = fill("base model"), fill("tuned"), fill("classical baseline")
    yield _format_row("", *titles)
    yield _format_row(*["---"] * 4)
    for name in dict.fromkeys(name for column in COMPARED_MODELS for name in measured[column]):
        metrics = (_format_metric(measured[column].get(name)) for column in COMPARED_MODELS)
        yield _format_row(escape_markdown(name), *metrics)
    yield f"\n{measured['conclusion']}"


def _format_metric(metric: Mapping[str, float | None] | None) -> str:
    if metric is None:
        return "-"
    interval = metric["low"] is not None and metric["high"] is not None
    return f"{metric['value']:.3f}" + (
        f" [{metric['low']:.2f}, {metric['high']:.2f}]" if interval else ""
    )


def _format_key_values(values: Mapping[str, object]) -> Iterator[str]:
    yield _format_row("", "")
    yield _format_row("---", "---")
    for name, value in values.items():
        yield _format_row(name, "-" if value is None else escape_markdown(str(value)))


def _format_row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _fence_code(text: str, language: str = "") -> str:
    """A block of code, between more backticks than the text has in a row."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
