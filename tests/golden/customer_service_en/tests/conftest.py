"""A model small enough for tests: real classes, random weights, made on the spot."""

from __future__ import annotations

import csv
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from example import COLUMNS, record, with_two_labels
from hypothesis import HealthCheck, settings
from tiny_batches import TINY_BATCHES
from tiny_device import TINY_EVALUATION, TINY_TRAINING
from tiny_method import TINY_METHOD
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from golden_desk import prepare
from golden_desk.config import Config, load_config
from golden_desk.data import row_lengths
from golden_desk.model import load
from golden_desk.model.verify import ModelFolder

# a busy machine is no fault of what is tested
settings.register_profile("any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any pace")

# so small a model gains nothing from several threads, and on a busy machine waits for them
torch.set_num_threads(1)

PROJECT = Path(__file__).parents[1]
TEMPLATE = Path(__file__).with_name("chat_template.txt").read_text(encoding="utf-8").strip()


@pytest.fixture(scope="session")
def run_yaml() -> Config:
    """The run of this project, as it stands."""
    return load_config(PROJECT / "config" / "run.yaml")


@pytest.fixture(scope="session")
def tiny_model(run_yaml: Config, tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    """A two-layer model of bytes that knows the special tokens of run.yaml."""
    folder = tmp_path_factory.mktemp("tiny-model")
    model = run_yaml.model
    special = sorted({model.end_of_turn, model.pad, *model.stop_tokens, "<unknown>"})
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: place for place, token in enumerate([*special, *alphabet])}
    bytewise = Tokenizer(models.BPE(vocabulary, [], unk_token="<unknown>"))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytewise, unk_token="<unknown>", pad_token=run_yaml.model.pad
    )
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    tokenizer.chat_template = TEMPLATE.replace("END", run_yaml.model.end_of_turn)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=4096,
        )
    ).save_pretrained(folder)
    return ModelFolder(folder, None)


@pytest.fixture
def config(
    run_yaml: Config, tiny_model: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Config:
    """The run with the tiny model on two labels, in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(row_lengths, "find_cached_folder", lambda model: tiny_model.path)
    sections = {
        # the estimate is of the real model, and this machine may have less than that takes
        "run": run_yaml.run.model_copy(update={"estimated_memory_gb": [0.1, 0.2]}),
        "task": with_two_labels(run_yaml.task),
        "data": run_yaml.data.model_copy(
            update={
                "files": ["rows.csv"],
                "columns": COLUMNS,
                "slice_fields": [],
                "given_splits": [],
                "validation_fraction": 0.2,
                "test_fraction": 0.2,
            }
        ),
        "model": run_yaml.model.model_copy(
            update={
                # a run records no folder of the machine, which run.yaml may name
                "id": "tiny" if run_yaml.model.source == "folder" else run_yaml.model.id,
                "template_arguments": {},  # the tiny model's chat template reads none
                "precision": "fp32",
                "attention": "sdpa",
                "architecture": None,
                "parameters": None,
            }
        ),
        "method": run_yaml.method.model_copy(update=TINY_METHOD),
        "training": run_yaml.training.model_copy(
            update={
                "epochs": 1,
                "batch_size": 4,
                "gradient_accumulation_steps": 1,
                "max_length": 512,
                "max_truncated_fraction": 0.01,
                "num_evaluations": 2,
                **TINY_BATCHES,
                **TINY_TRAINING,
            }
        ),
        "evaluation": run_yaml.evaluation.model_copy(
            update={"few_shot_examples": 2, "batch_size": 4, **TINY_EVALUATION}
        ),
    }
    return run_yaml.model_copy(update=sections)


@pytest.fixture
def write_rows(config: Config) -> Callable[..., None]:
    """A function that writes rows.csv: so many rows of the two labels, and any others given."""

    def write(count: int, *others: tuple[str, str]) -> None:
        labels = config.task.labels
        texts = [f"{_word(i)} {_word(i * 7 + 3)} {_word(i * i)}" for i in range(count)]
        pairs = [(text, labels[i % 2]) for i, text in enumerate(texts)]
        with Path("rows.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(record("", "")))
            writer.writeheader()
            writer.writerows(record(text, label) for text, label in (*pairs, *others))

    return write


@pytest.fixture
def formatted(
    config: Config,
    tiny_model: ModelFolder,
    write_rows: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Config:
    """The run with its rows formatted, and the tiny model in the place of the real one."""
    monkeypatch.setattr(load, "fetch_model_folder", lambda model: tiny_model)
    write_rows(60)
    prepare.main(config, Namespace())
    return config


def _word(number: int) -> str:
    return "".join("bcdfghjklmnpqrstvwxz"[number // 20**place % 20] + "a" for place in range(4))
