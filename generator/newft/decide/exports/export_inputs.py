"""What every export reads of a plan, in the form that the configurations of other tools share."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from newft.schema.family import Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.method import MethodValue
from newft.schema.plan import ExportStep, ExportValue, ModelPlan, Recipe
from newft.text import Text, join_names

ALL_LINEAR = "all-linear"  # as peft writes it
LORA_METHODS = ("lora", "qlora")
FREEZE_METHOD = "freeze"
TRAINED_BLOCKS = "trained_blocks"  # its value: how many of the last blocks are trained
PROCESSED_FOLDER = "data/processed"

NOT_READ_BACK = Text(
    "`make eval` and `make chat` read the runs of this project only, not what this file trains",
    "`make eval` 和 `make chat` 只读取本项目自己的训练结果，不读取用此文件训练的模型",
)
FROZEN_IN_FP32 = Text(
    "the frozen blocks are loaded in fp32, too, which takes twice their memory",
    "冻结的层也以 fp32 加载，占用的显存为两倍",
)


@dataclass(frozen=True)
class ExportInputs:
    """The decided values of a project."""

    model: ModelPlan
    family: Family
    size: ModelSpec | None
    method: str
    recipe: Recipe
    hardware: Hardware

    def get_method_value(self, name: str) -> MethodValue | None:
        """Return a value of the method's section; None where the method has no such value."""
        reasoned = self.recipe.method.get(name)
        return None if reasoned is None else reasoned.value

    @property
    def uses_lora(self) -> bool:
        """Whether low-rank matrices are trained; else weights of the model are, in fp32."""
        return self.method in LORA_METHODS

    @property
    def has_vision_tower(self) -> bool:
        """Whether the language model is a part of a larger one."""
        has_tower = self.size is None or self.size.vision_parameters is not None
        return self.family.language_module is not None and has_tower

    @property
    def stored_format(self) -> str | None:
        """In how few bits the weights are stored, if they are: those are no weights to train."""
        return self.size.quantization if self.size else None

    @property
    def precision(self) -> str:
        """fp32, bf16 or fp16; a project for a CPU measures which one is fastest."""
        return str(self.recipe.precision.value).replace("auto", "fp32")

    @property
    def attention(self) -> str:
        """sdpa or eager; a project for a CPU measures which one is faster."""
        return str(self.recipe.attention.value).replace("auto", "sdpa")

    @property
    def evaluation_interval(self) -> float:
        """The part of the steps between two evaluations."""
        return float(f"{1 / self.recipe.num_evaluations.value:.4g}")


class Batch(NamedTuple):
    """The rows of a step on one device, and the steps of an update."""

    rows: int
    steps: int


def choose_batch(inputs: ExportInputs) -> Batch:
    """Return the batch; where the project measures it, one row a step and as many in an update."""
    rows, steps = inputs.recipe.batch_size.value, inputs.recipe.gradient_accumulation_steps.value
    return Batch(rows, steps) if isinstance(rows, int) else Batch(1, steps)


def list_layer_modules(inputs: ExportInputs) -> tuple[str, ...]:
    """Return the last blocks that the method `freeze` trains, by their names in the model."""
    if inputs.size is None:
        return ()
    count = inputs.get_method_value(TRAINED_BLOCKS)
    assert isinstance(count, int), count
    root = inputs.family.language_module if inputs.has_vision_tower else "model"
    first = inputs.size.layers - count
    return tuple(f"{root}.layers.{number}" for number in range(first, inputs.size.layers))


def list_shared_differences(inputs: ExportInputs) -> list[Text]:
    """Return what no other tool can express; of a model that only it trains, what to know."""
    if not inputs.model.trained_here:
        return [
            Text(f"{one.value.en}: {one.why.en}", f"{one.value.zh}：{one.why.zh}")
            for one in inputs.family.caveats
        ]
    differences = [NOT_READ_BACK]
    if not isinstance(inputs.recipe.batch_size.value, int):
        differences.append(
            Text(
                "this project measures the fastest batch size, precision and attention, and stops "
                "after its time budget; here they are fixed, and there is no budget",
                "本项目会实测最快的批大小、精度和注意力实现，并受时间预算限制；此处均为固定值，且没有时间预算",
            )
        )
    if inputs.recipe.max_packed_tokens.value:
        differences.append(
            Text(
                "this project packs the rows of an update; here packing is off, since it counts a "
                "packed sequence as one row: an update has the same rows, in more passes",
                "本项目会打包每次更新的各行；这里不打包，因为这些工具把一条打包序列算作一行："
                "每次更新的行相同，只是前向与反向的次数更多",
            )
        )
    if inputs.method == FREEZE_METHOD and inputs.size is None:
        differences.append(
            Text(
                "the number of blocks of this model is not known: name those that are trained",
                "该模型的层数未知：请填入要训练的层",
            )
        )
    return differences


def find_flags(inputs: ExportInputs, names: Mapping[str, str]) -> dict[str, ExportValue]:
    """Return the flags of LoRA that are set, by the names that a tool has for them."""
    return {key: True for name, key in names.items() if inputs.get_method_value(name) is True}


def find_rate_ratio(inputs: ExportInputs, key: str) -> dict[str, ExportValue]:
    """Return the ratio of the learning rates of both matrices of LoRA; 1 is LoRA as it is."""
    ratio = inputs.get_method_value("loraplus_lr_ratio")
    return {key: ratio} if isinstance(ratio, int | float) and ratio > 1 else {}


def list_lora_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    """Return the size of the matrices, by names that LLaMA-Factory and ms-swift share."""
    names = {"lora_rank": "rank", "lora_alpha": "alpha", "lora_dropout": "dropout"}
    return {key: inputs.get_method_value(name) for key, name in names.items()}


def list_optimizer_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    """Return what every tool calls as transformers' TrainingArguments do."""
    recipe = inputs.recipe
    return {
        "gradient_accumulation_steps": choose_batch(inputs).steps,
        "learning_rate": recipe.learning_rate.value,
        "warmup_ratio": recipe.warmup_ratio.value,
        "adam_beta2": 0.999,
        "weight_decay": recipe.weight_decay.value,
        "max_grad_norm": recipe.max_grad_norm.value,
        "seed": recipe.seed.value,
    }


def list_trainer_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    """Return the arguments of training of tools that take them from transformers."""
    recipe, rows = inputs.recipe, choose_batch(inputs).rows
    return {
        "num_train_epochs": float(recipe.epochs.value),
        "per_device_train_batch_size": rows,
        "per_device_eval_batch_size": rows,
        "lr_scheduler_type": recipe.lr_scheduler.value,
        "optim": "adamw_torch",
        **list_optimizer_values(inputs),
        # both, since a tool may choose one of them where the file is silent
        "bf16": inputs.precision == "bf16",
        "fp16": inputs.precision == "fp16",
    }


def list_output_values(inputs: ExportInputs, folder: str) -> dict[str, ExportValue]:
    """Return how often a run is evaluated and saved, and where, in the same names for all tools."""
    interval = inputs.evaluation_interval
    return {
        "output_dir": f"runs/{folder}",
        "logging_steps": 1,
        "eval_strategy": "steps",
        "eval_steps": interval,
        "save_strategy": "steps",
        "save_steps": interval,
        "save_total_limit": 2,
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
    }


def describe_use(inputs: ExportInputs, tool: str, release: str, command: str) -> ExportStep:
    """Return the command that trains by the file."""
    recipe = Text("The recipe of run.yaml", "run.yaml 中的方案")
    if not inputs.model.trained_here:
        recipe = Text("The recipe", "训练方案")
    return ExportStep(
        Text(
            f"{recipe.en} for {tool} {release}; after `make data`:",
            f"{recipe.zh}，供 {tool} {release} 使用；先运行 `make data`，再运行：",
        ),
        (command,),
    )


def list_lost_arguments(inputs: ExportInputs, tool: str, kept: Container[str]) -> list[Text]:
    """Return a difference where the chat template has arguments that a tool cannot be given."""
    lost = [
        f"{key}: {value}"
        for key, value in inputs.model.template_arguments.items()
        if key not in kept
    ]
    if not lost:
        return []
    listed = join_names(lost)
    return [
        Text(
            f"the prompt is another one: {tool} has no key for an argument of the chat template "
            f"({listed.en}), and writes prompts with a template of its own",
            f"提示词不同：{tool} 没有与对话模板参数 {listed.zh} 对应的配置项，"
            "且使用自己的模板生成提示词",
        )
    ]
