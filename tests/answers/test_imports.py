"""Training configurations of other tools become answers, and what is lost is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import released_tools
import yaml

from newft.answers.imports import axolotl, llama_factory
from newft.answers.imports.carried import ChatTemplate, ImportedAnswers
from newft.answers.imports.read_file import import_answers
from newft.catalog.imported import (
    complete_imported_answers,
    list_import_remarks,
    refuse_missing_data,
)
from newft.catalog.loader import load_catalog
from newft.decide.exports.llama_factory_release import FOLDER
from newft.errors import UsageError
from support.exported_plans import CATALOG, list_tools, plan_for, write_export
from support.tool_keys import read_dataclass_keys, read_defaults, read_llama_factory_keys

# the recipe of the article "大模型微调理论与实践" for a customer-service model
ARTICLE = {
    "learning_rate": "5.0e-5",
    "epochs": "3",
    "batch_size": "4",
    "gradient_accumulation_steps": "8",
    "rank": "16",
    "alpha": "32",
    "target_modules": ("query_key_value", "dense"),
}
LLAMA_FACTORY = """\
model_name_or_path: zai-org/chatglm3-6b
template: chatglm3
stage: sft
do_train: true
finetuning_type: lora
lora_rank: 16
lora_alpha: 32
lora_dropout: 0.05
lora_target: query_key_value,dense
dataset: tickets
learning_rate: 5.0e-5
num_train_epochs: 3
per_device_train_batch_size: 4
gradient_accumulation_steps: 8
output_dir: saves/chatglm3
bf16: true
"""
SKETCH = """\
model_name: chatglm3-6b
dataset: customer_service_qa
training_args:
  learning_rate: 5.0e-5
  num_train_epochs: 3
  per_device_train_batch_size: 4
  gradient_accumulation_steps: 8
lora_config:
  r: 16
  alpha: 32
  target_modules: ["query_key_value", "dense"]
"""
AXOLOTL = """\
base_model: zai-org/chatglm3-6b
adapter: lora
lora_r: 16
lora_alpha: 32
lora_target_modules: [query_key_value, dense]
datasets:
  - {path: tickets.json, type: alpaca}
num_epochs: 3
micro_batch_size: 4
gradient_accumulation_steps: 8
learning_rate: 5.0e-5
"""


def read(folder: Path, text: str, info: object = None) -> ImportedAnswers:
    path = folder / "train.yaml"
    path.write_text(text, encoding="utf-8")
    if info is not None:
        (folder / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    return import_answers(path)


def get_recipe(imported: ImportedAnswers) -> dict[str, object]:
    return {
        key.removeprefix("recipe."): value
        for key, value in imported.answers.items()
        if key.startswith("recipe.")
    }


@pytest.mark.parametrize("text", [LLAMA_FACTORY, SKETCH, AXOLOTL], ids=["lf", "sketch", "axolotl"])
def test_the_recipe_of_the_article_keeps_its_numbers(text: str, tmp_path: Path) -> None:
    imported = read(tmp_path, text)
    assert get_recipe(imported).items() >= ARTICLE.items()
    assert imported.answers["method"] == "lora"
    assert str(imported.answers["model"]).endswith("chatglm3-6b")


def test_files_and_columns_come_from_dataset_info(tmp_path: Path) -> None:
    (tmp_path / "tickets.json").write_text("[]", encoding="utf-8")
    columns = {"prompt": "问题", "response": "类别"}
    imported = read(
        tmp_path, LLAMA_FACTORY, {"tickets": {"file_name": "tickets.json", "columns": columns}}
    )
    assert imported.answers["data.files"] == (str(tmp_path / "tickets.json"),)
    assert imported.answers["data.columns.text"] == "问题"
    assert imported.answers["data.columns.label"] == "类别"


def test_the_usual_columns_are_left_to_be_found(tmp_path: Path) -> None:
    (tmp_path / "tickets.json").write_text("[]", encoding="utf-8")
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    for entry in (
        {},
        {"columns": columns},
        {"formatting": "sharegpt", "columns": {"messages": "m"}},
    ):
        imported = read(
            tmp_path, LLAMA_FACTORY, {"tickets": {"file_name": "tickets.json", **entry}}
        )
        assert not [key for key in imported.answers if key.startswith("data.columns")]


def test_all_data_sets_with_the_same_columns_are_carried(tmp_path: Path) -> None:
    for name in ("tickets", "more", "other"):
        (tmp_path / f"{name}.json").write_text("[]", encoding="utf-8")
    own = {"columns": {"prompt": "问题", "response": "类别"}}
    info = {
        "tickets": {"file_name": "tickets.json", **own},
        "more": {"file_name": "more.json", **own},
        "other": {"file_name": "other.json"},
    }
    text = LLAMA_FACTORY.replace("dataset: tickets", "dataset: tickets, more, other")
    imported = read(tmp_path, text, info)
    assert "data.files" not in imported.answers
    (fault,) = imported.missing_data
    assert "`other` has other columns" in fault.message
    imported = read(tmp_path, text.replace(", other", ""), info)
    assert imported.answers["data.files"] == tuple(
        str(tmp_path / name) for name in ("tickets.json", "more.json")
    )
    assert imported.answers["data.columns.text"] == "问题"


def test_all_files_of_a_data_set_of_axolotl_are_carried(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text("[]", encoding="utf-8")
    text = "base_model: Qwen/Qwen3-4B\ndatasets:\n  - {path: json, data_files: [a.json, b.json]}\n"
    imported = read(tmp_path, text)
    assert imported.answers["data.files"] == tuple(str(tmp_path / n) for n in ("a.json", "b.json"))


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_model_spread_over_devices_is_said_to_be_whole_on_each(
    method: str, tmp_path: Path
) -> None:
    text = f"model_name_or_path: Qwen/Qwen3-4B\nfinetuning_type: {method}\ndeepspeed: ds_z3.json\n"
    (note,) = (note.en for note in read(tmp_path, text).notes if "DeepSpeed" in note.en)
    assert "train.yaml:3" in note and "every device holds the whole model" in note
    assert ("states of the optimizer" in note) == (method == "full")


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (None, "no dataset_info.json"),
        ({"ticket": {}}, "`tickets`, but ticket"),
        ({"tickets": {"file_name": "absent.json"}}, "absent.json does not exist"),
        ({"tickets": {"hf_hub_url": "acme/tickets"}}, "a hub"),
        ({"tickets": {"file_name": "a.json", "ranking": True}}, "preference data"),
    ],
)
def test_a_data_set_that_is_not_there_is_missing_with_its_line(
    info: Any, said: str, tmp_path: Path
) -> None:
    imported = read(tmp_path, LLAMA_FACTORY, info)
    assert "data.files" not in imported.answers
    (fault,) = imported.missing_data
    assert said in fault.message and str(fault.where).endswith("train.yaml:10")
    with pytest.raises(UsageError) as refused:
        refuse_missing_data(imported, imported.answers)
    assert "--data FILE" in str(refused.value.hint)
    refuse_missing_data(imported, {"data.files": ()})  # the sample, as somebody wants it


def test_all_records_that_are_missing_are_listed(tmp_path: Path) -> None:
    text = LLAMA_FACTORY.replace("dataset: tickets", "dataset: tickets, more\neval_dataset: held")
    imported = read(tmp_path, text, {"held": {"hf_hub_url": "acme/held"}})
    with pytest.raises(UsageError) as refused:
        refuse_missing_data(imported, imported.answers)
    message = refused.value.to("zh")[0]
    assert message.startswith("3 处错误")
    assert message.count("train.yaml:10") == 2 and message.count("train.yaml:11") == 1


def test_a_folder_of_data_that_is_named_is_the_only_one(tmp_path: Path) -> None:
    (tmp_path / "tickets.json").write_text("[]", encoding="utf-8")
    text = LLAMA_FACTORY + "dataset_dir: nowhere\n"
    (fault,) = read(tmp_path, text, {"tickets": {"file_name": "tickets.json"}}).missing_data
    assert "nowhere has no dataset_info.json" in fault.message


@pytest.mark.parametrize("line", ["", "dataset_dir: data\n"])
def test_the_usual_folder_of_data_is_looked_for_beside_the_file_too(
    line: str, tmp_path: Path
) -> None:
    (tmp_path / "tickets.json").write_text("[]", encoding="utf-8")
    imported = read(tmp_path, LLAMA_FACTORY + line, {"tickets": {"file_name": "tickets.json"}})
    assert imported.answers["data.files"] == (str(tmp_path / "tickets.json"),)


@pytest.mark.parametrize(
    ("names", "kept"),
    [(("tr", "ev"), False), (("tickets", "dev"), False), (("train", "dev"), True)],
)
@pytest.mark.parametrize("tool", ["llama_factory", "axolotl"])
def test_rows_for_evaluation_are_trained_on_in_no_case(
    tool: str, names: tuple[str, str], kept: bool, tmp_path: Path
) -> None:
    trained, held_out = names
    for name in names:
        (tmp_path / f"{name}.json").write_text("[]", encoding="utf-8")
    text = f"base_model: a/b\ndatasets: {trained}.json\ntest_datasets: {held_out}.json\n"
    if tool == "llama_factory":
        sets = f"dataset: {trained}\neval_dataset: {held_out}"
        text = LLAMA_FACTORY.replace("dataset: tickets", sets)
    imported = read(tmp_path, text, {name: {"file_name": f"{name}.json"} for name in names})
    assert ("data.files" in imported.answers) == kept
    assert [f"{held_out}.json would be" in one.message for one in imported.missing_data] == (
        [] if kept else [True]
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("deepspeed: examples/ds_z3.json", "without DeepSpeed"),
        ("train_on_prompt: true", "answers alone"),
        ("optim: adamw_8bit", "AdamW of PyTorch"),
        ("adam_beta2: 0.95", "newft takes 0.999"),
        ("lr_scheduler_type: polynomial", "linear, cosine"),
        ("neat_packing: true", "an update of the project has fewer rows"),
        ("packing: true", "see each other"),
    ],
)
def test_what_is_lost_is_said_with_its_line(line: str, said: str, tmp_path: Path) -> None:
    imported = read(tmp_path, f"{LLAMA_FACTORY}{line}\n")
    key, number = line.partition(":")[0], len(LLAMA_FACTORY.splitlines()) + 1
    notes = [note for note in imported.notes if f"train.yaml:{number}" in note.en]
    assert len(notes) == 1 and said in notes[0].en
    assert key in notes[0].zh and notes[0].zh != notes[0].en


def test_keys_that_are_probably_misspelled_are_refused_all_at_once(tmp_path: Path) -> None:
    meant = {
        "learning_rat": "learning_rate",
        "lora_r": "lora_rank",  # as axolotl has it
        "num_epoch": "num_train_epochs",
        "lr_scheduler_typ": "lr_scheduler_type",
        "lora_targets": "lora_target",
    }
    with pytest.raises(UsageError) as refused:
        read(tmp_path, MINIMAL.format(method="lora") + "".join(f"{key}: 1\n" for key in meant))
    message = refused.value.to("zh")[0]
    for line, (key, wanted) in enumerate(meant.items(), start=4):
        assert f"train.yaml:{line}：" in message
        assert f"`{key}`（是否想写 `{wanted}`？）" in message
    with pytest.raises(UsageError, match="no key `lora_target_module` of axolotl"):
        read(tmp_path, AXOLOTL + "lora_target_module: [q_proj]\n")
    with pytest.raises(UsageError, match="no key `lora_rank` of axolotl"):
        read(tmp_path, AXOLOTL + "lora_rank: 8\n")
    with pytest.raises(UsageError, match=r"no key `lora_config.dropot`"):
        read(tmp_path, "lora_config: {r: 8, dropot: 1}\n")


def test_keys_that_newft_does_not_know_are_warned_of(tmp_path: Path) -> None:
    (warning,) = read(tmp_path, LLAMA_FACTORY + "cloud_region: cn-1\n").warnings
    assert "train.yaml:17: `cloud_region`" in warning.en and "不认识" in warning.zh


@pytest.mark.skipif(not released_tools.are_here(), reason=released_tools.ABSENT)
@pytest.mark.parametrize("tool", ["llama_factory", "axolotl"])
def test_no_key_of_a_released_tool_is_taken_for_a_misspelled_one(tool: str, tmp_path: Path) -> None:
    start, keys = "base_model: a/b\n", read_dataclass_keys(released_tools.AXOLOTL)
    if tool == "llama_factory":
        start = "model_name_or_path: a/b\n"
        keys = read_llama_factory_keys(released_tools.LLAMA_FACTORY)
    refused = []
    for key in keys:
        if not key.startswith(("_", start.partition(":")[0])):
            try:
                read(tmp_path, f"{start}{key}: 1\n")
            except UsageError as error:  # of other keys the value may be refused
                refused += [error.message] if "knows no key" in error.message else []
    in_a_data_set = ["newft knows no key `sequence_length` of axolotl"]  # no key of the file itself
    assert refused in ([], in_a_data_set)


@pytest.mark.parametrize("line", ["packing: false", "deepspeed: null", "resume_from_checkpoint:"])
def test_what_is_off_is_not_mentioned_as_lost(line: str, tmp_path: Path) -> None:
    imported = read(tmp_path, f"{LLAMA_FACTORY}{line}\n")
    assert not [note for note in imported.notes if line.partition(":")[0] in note.en]


def test_alpha_is_twice_the_rank_where_llama_factory_takes_it_so(tmp_path: Path) -> None:
    imported = read(tmp_path, LLAMA_FACTORY.replace("lora_alpha: 32\n", ""))
    assert imported.answers["recipe.alpha"] == "32"
    assert [note for note in imported.notes if "twice the rank" in note.en]


@pytest.mark.parametrize(
    ("text", "method"),
    [
        (LLAMA_FACTORY + "quantization_bit: 4\n", "qlora"),
        (LLAMA_FACTORY.replace("finetuning_type: lora", "finetuning_type: full"), "full"),
        (AXOLOTL.replace("adapter: lora", "adapter: qlora\nload_in_4bit: true"), "qlora"),
        (AXOLOTL.replace("adapter: lora\n", ""), "full"),
    ],
)
def test_the_method_follows_from_several_keys(text: str, method: str, tmp_path: Path) -> None:
    imported = read(tmp_path, text)
    assert imported.answers["method"] == method
    assert ("recipe.rank" in imported.answers) == (method != "full")


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (LLAMA_FACTORY.replace("stage: sft", "stage: dpo"), 3, "answers only"),
        (LLAMA_FACTORY.replace("type: lora", "type: oft"), 5, "method oft"),
        ("model_name_or_path: a/b\nexport_dir: out\n", 2, "merges an adapter"),
        (AXOLOTL + "rl: dpo\n", 12, "preferences"),
        (AXOLOTL.replace("adapter: lora", "adapter: llama-adapter"), 2, "adapter llama-adapter"),
        ("model_name_or_path: a\nmodel_name_or_path: b\n", 2, "twice"),
        ("model_name_or_path: [a\n", 2, "YAML"),
    ],
)
def test_a_file_that_cannot_be_carried_over_is_refused(
    text: str, place: int, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as refused:
        read(tmp_path, text)
    message, hint = refused.value.to("en")
    assert str(refused.value.where).endswith(f"train.yaml:{place}")
    assert said in f"{message} {hint}"


def test_a_file_of_ms_swift_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ms-swift") as refused:
        read(tmp_path, "model: Qwen/Qwen3-4B\ntuner_type: lora\n")
    assert "LLaMA-Factory or axolotl" in str(refused.value.hint)


@pytest.mark.parametrize("text", ["a: 1\n", "- a\n", "", "domain: legal\n"])
def test_a_file_of_no_known_tool_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        read(tmp_path, text)
    assert "LLaMA-Factory" in refused.value.to("zh")[0]
    assert "--answers" in str(refused.value.to("en")[1])


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("model_name_or_path: [a/b, c]\nstage: sft\n", 1, "one value"),
        (LLAMA_FACTORY.replace("lora_rank: 16", "lora_rank: [16]"), 6, "one value"),
        (LLAMA_FACTORY.replace("lora_rank: 16", "use_dora: sometimes"), 6, "true or false"),
        (LLAMA_FACTORY.replace("dataset: tickets", "dataset: 3"), 10, "list of names"),
        ("training_args: [1, 2]\nlora_config: {r: 8}\n", 1, "values by their names"),
        ("lora_config: foo\nmodel: a/b\n", 1, "values by their names"),
        (AXOLOTL.replace("[query_key_value, dense]", "{a: b}"), 5, "list of names"),
        (AXOLOTL.replace("  - {path: tickets.json, type: alpaca}", "  - 3"), 6, "list of data"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_line(
    text: str, line: int, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as refused:
        read(tmp_path, text)
    assert str(refused.value.where).endswith(f"train.yaml:{line}")
    assert said in refused.value.to("en")[0]
    assert refused.value.to("zh")[0] != refused.value.to("en")[0]


@pytest.mark.parametrize("written", ["tickets.json", "[tickets.json]"])
def test_a_data_set_of_axolotl_may_be_a_text(written: str, tmp_path: Path) -> None:
    (tmp_path / "tickets.json").write_text("[]", encoding="utf-8")
    imported = read(tmp_path, f"base_model: a/b\ndatasets: {written}\n")
    assert imported.answers["data.files"] == (str(tmp_path / "tickets.json"),)


MINIMAL = "model_name_or_path: a/b\nfinetuning_type: {method}\nstage: sft\n"
ARGUMENTS = {
    "learning_rate": "5.0e-5",
    "epochs": "3",
    "batch_size": "8",
    "gradient_accumulation_steps": "1",
    "lr_scheduler": "linear",
    "warmup_ratio": "0.0",
    "weight_decay": "0.0",
    "max_grad_norm": "1.0",
}
OF_METHOD = {
    "lora": {"rank": "8", "alpha": "16", "dropout": "0.0", "target_modules": "all-linear"},
    "full": {},
    "freeze": {"trained_blocks": "2"},
}


@pytest.mark.parametrize("method", [*OF_METHOD])
def test_what_the_file_leaves_out_is_the_default_of_llama_factory(
    method: str, tmp_path: Path
) -> None:
    imported = read(tmp_path, MINIMAL.format(method=method))
    assert get_recipe(imported) == ARGUMENTS | OF_METHOD[method]
    (note,) = [one for one in imported.notes if "LLaMA-Factory's defaults" in one.en][:1]
    assert "learning_rate 5.0e-5" in note.en and "默认值" in note.zh
    assert any("newft chooses" in one.en and "max_length" in one.en for one in imported.notes)


def test_what_the_file_leaves_out_is_the_default_of_axolotl(tmp_path: Path) -> None:
    imported = read(tmp_path, "base_model: a/b\nadapter: lora\n")
    assert get_recipe(imported) == {
        **{"epochs": "1", "batch_size": "1", "gradient_accumulation_steps": "1"},
        **{"lr_scheduler": "cosine", "warmup_ratio": "0.03", "weight_decay": "0.0"},
        "dropout": "0.0",
    }
    assert any("newft chooses" in one.en and "learning_rate" in one.en for one in imported.notes)


def test_a_number_of_steps_stands_for_a_default(tmp_path: Path) -> None:
    text = MINIMAL.format(method="full") + "warmup_steps: 10\nmax_steps: 500\n"
    recipe = get_recipe(read(tmp_path, text))
    assert "warmup_ratio" not in recipe and "epochs" not in recipe


@pytest.mark.skipif(not released_tools.are_here(), reason=released_tools.ABSENT)
def test_the_defaults_are_those_of_the_released_tools() -> None:
    own = llama_factory.DEFAULTS | llama_factory.LORA_DEFAULTS | llama_factory.FREEZE_DEFAULTS
    known = read_defaults(released_tools.NEW_ARGUMENTS, released_tools.LLAMA_FACTORY)
    assert {key: float(value) for key, (_, value) in own.items() if key not in TEXTS} == {
        key: known["warmup_steps" if key == "warmup_ratio" else key]
        for key in own
        if key not in TEXTS
    }
    assert known["lr_scheduler_type"] == llama_factory.DEFAULTS["lr_scheduler_type"][1]
    known = read_defaults(released_tools.AXOLOTL)
    own = axolotl.DEFAULTS | axolotl.LORA_DEFAULTS
    for key, (_, value) in own.items():
        if key != "warmup_ratio":  # which its trainer chooses, not its classes
            assert str(known[key]) == value or float(str(known[key])) == float(value), key


TEXTS = ("lr_scheduler_type",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LLAMA_FACTORY + "freeze_trainable_layers: 2\n", "freeze_trainable_layers"),
        (MINIMAL.format(method="full") + "lora_rank: 8\n", "lora_rank"),
        (MINIMAL.format(method="freeze") + "lora_target: all\n", "lora_target"),
        (AXOLOTL.replace("adapter: lora\n", ""), "lora_r, lora_alpha, lora_target_modules"),
    ],
)
def test_keys_of_another_method_are_ignored_as_the_tool_does(
    text: str, said: str, tmp_path: Path
) -> None:
    imported = read(tmp_path, text)
    assert [one for one in imported.notes if "does not read" in one.en and said in one.en]
    assert ("recipe.trained_blocks" in imported.answers) == (imported.answers["method"] == "freeze")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (MINIMAL.format(method="freeze") + "freeze_extra_modules: embed_tokens\n", 4),
        (MINIMAL.format(method="freeze") + "freeze_trainable_layers: -2\n", 4),
        (MINIMAL.format(method="freeze") + "freeze_trainable_modules: mlp\n", 4),
        ("base_model: a/b\nunfrozen_parameters: [lm_head.weight]\n", 2),
        ("base_model: a/b\nunfrozen_parameters: [model.layers.3., model.layers.5.]\n", 2),
    ],
)
def test_other_weights_than_the_last_blocks_are_refused(
    text: str, line: int, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as refused:
        read(tmp_path, text)
    assert str(refused.value.where).endswith(f"train.yaml:{line}")
    assert "last blocks" in refused.value.to("en")[0]


def test_blocks_that_are_not_the_last_are_refused_with_their_line(tmp_path: Path) -> None:
    text = "base_model: Qwen/Qwen3-0.6B\nunfrozen_parameters: ['^model\\.layers\\.{}\\.']\n"
    last = complete_imported_answers(read(tmp_path, text.format(27)), {}, CATALOG)
    assert (last["method"], last["recipe.trained_blocks"]) == ("freeze", "1")
    with pytest.raises(UsageError) as refused:
        complete_imported_answers(read(tmp_path, text.format(3)), {}, CATALOG)
    assert str(refused.value.where).endswith("train.yaml:2: unfrozen_parameters")
    assert "28" in refused.value.to("zh")[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("chat_template: chatml", "template of the tokenizer"),
        ("chat_template_kwargs: {enable_thinking: true}", "without thinking"),
        ("special_tokens: {eos_token: x}", "tokens of the tokenizer"),
        ("load_in_8bit: true", "twice the memory"),
    ],
)
def test_what_changes_the_prompts_of_axolotl_is_lost_with_its_line(
    line: str, said: str, tmp_path: Path
) -> None:
    imported = read(tmp_path, f"{AXOLOTL}{line}\n")
    number = len(AXOLOTL.splitlines()) + 1
    assert [one for one in imported.notes if f"train.yaml:{number}" in one.en and said in one.en]


def test_the_family_of_an_unlisted_model_is_told_by_its_template() -> None:
    families = CATALOG.families.values()
    template = next(one.chat.llama_factory_template for one in families if one.id == "llama3")
    imported = ImportedAnswers(
        "LLaMA-Factory", {"model": "acme/own"}, ChatTemplate(str(template), "a.yaml:1"), ()
    )
    answers = complete_imported_answers(imported, {}, CATALOG)
    assert answers.get("family") == "llama3"
    given = {"model": "Qwen/Qwen3-0.6B"}
    assert complete_imported_answers(imported, given, CATALOG) == given


@pytest.mark.parametrize(
    ("model", "template", "usual"),
    [
        ("Qwen/Qwen3-4B", "llama3", "`qwen3`"),
        ("Qwen/Qwen3-4B", "qwen3", None),
        ("acme/own", "chatml", "of its model"),
    ],
)
def test_a_template_of_another_model_is_not_carried_over(
    model: str, template: str, usual: str | None, tmp_path: Path
) -> None:
    text = f"model_name_or_path: {model}\nfinetuning_type: full\ntemplate: {template}\n"
    imported = read(tmp_path, text)
    answers = complete_imported_answers(imported, {}, CATALOG)
    notes = [
        one
        for one in list_import_remarks(imported, answers, CATALOG).notes
        if f"template: {template}" in one.en
    ]
    assert [usual in one.en and "train.yaml:3" in one.zh for one in notes if usual] == (
        [True] if usual else []
    )
    assert bool(notes) == (usual is not None)


def test_a_given_method_drops_the_values_of_the_imported_one(tmp_path: Path) -> None:
    imported = read(tmp_path, LLAMA_FACTORY)
    answers = complete_imported_answers(imported, {"method": "full"}, load_catalog())
    assert answers["method"] == "full" and "recipe.rank" not in answers
    assert answers["recipe.learning_rate"] == "5.0e-5"


def iterate_round_trips() -> Iterator[tuple[str, str, str]]:
    for family in CATALOG.families:
        for method in ("lora", "full", "freeze"):
            for tool in list_tools(CATALOG.families[family], method):
                if tool in ("llama_factory", "axolotl"):
                    yield family, tool, method


@pytest.mark.parametrize(("family", "tool", "method"), [*iterate_round_trips()])
def test_an_export_is_read_back_as_the_same_recipe(
    family: str, tool: str, method: str, tmp_path: Path
) -> None:
    size = min(CATALOG.families[family].sizes, key=lambda one: one.parameters)
    plan = plan_for(CATALOG.families[family], size, method, exports=(tool,))
    imported = read(tmp_path, write_export(plan, tool))
    assert imported.answers["method"] == method
    edited = CATALOG.families[family].code_edit is not None  # in a folder of the model
    assert imported.answers["model"] == (FOLDER if edited else plan.model.id)
    for name, value in get_recipe(imported).items():
        method_values = {key: one.value for key, one in plan.recipe.method.items()}
        wanted = method_values.get(name, getattr(plan.recipe, name, None))
        if name == "target_modules" and tool == "llama_factory" and wanted != "all-linear":
            continue  # LLaMA-Factory names modules, where newft may have a pattern
        read_back = yaml.safe_load(value) if isinstance(value, str) else value
        assert read_back == getattr(wanted, "value", wanted), name
    assert not [note.en for note in imported.notes if "not carried over" in note.en]
    assert not imported.warnings
