"""What every export reads of a plan, in the form that the configurations of other tools share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from newft.schema.family import Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.method import MethodValue
from newft.schema.plan import ModelPlan, Recipe
from newft.text import Text

ALL_LINEAR = "all-linear"  # as peft writes it
LORA_METHODS = ("lora", "qlora")
FREEZE_METHOD = "freeze"
TRAINED_BLOCKS = "trained_blocks"  # its value: how many of the last blocks are trained
PROCESSED_FOLDER = "data/processed"

NOT_READ_BACK = Text(
    "`make eval` and `make chat` read the runs of this project only, not what this file trains",
    "`make eval` 和 `make chat` 只读取本项目自己的训练结果，不读取用此文件训练的模型",
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

    def get_method_value(self, name: str, default: MethodValue | bool | None = None) -> MethodValue:
        """Return a value of the method's section; `default` where the method has no such value."""
        reasoned = self.recipe.method.get(name)
        return default if reasoned is None else reasoned.value  # type: ignore[return-value]

    @property
    def uses_lora(self) -> bool:
        """Whether low-rank matrices are trained."""
        return self.method in LORA_METHODS

    @property
    def has_vision_tower(self) -> bool:
        """Whether the language model is a part of a larger one."""
        has_tower = self.size is None or self.size.vision_parameters is not None
        return self.family.language_module is not None and has_tower

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
    count = int(inputs.get_method_value(TRAINED_BLOCKS))  # type: ignore[arg-type]
    root = inputs.family.language_module if inputs.has_vision_tower else "model"
    first = inputs.size.layers - count
    return tuple(f"{root}.layers.{number}" for number in range(first, inputs.size.layers))


def list_shared_differences(inputs: ExportInputs) -> list[Text]:
    """Return what no other tool can express."""
    differences = [NOT_READ_BACK]
    if not isinstance(inputs.recipe.batch_size.value, int):
        differences.append(
            Text(
                "this project measures the fastest batch size, precision and attention, and stops "
                "after its time budget; here they are fixed, and there is no budget",
                "本项目会实测最快的批大小、精度和注意力实现，并受时间预算限制；此处均为固定值，且没有时间预算",
            )
        )
    if inputs.model.successor:
        caveats = inputs.family.caveats
        differences += [
            Text(f"{one.value.en}: {one.why.en}", f"{one.value.zh}：{one.why.zh}")
            for one in caveats
        ]
    if inputs.method == FREEZE_METHOD and inputs.size is None:
        differences.append(
            Text(
                "the number of blocks of this model is not known: name those that are trained",
                "该模型的层数未知：请填入要训练的层",
            )
        )
    return differences


def find_flag_values(inputs: ExportInputs, names: Mapping[str, str]) -> dict[str, bool | float]:
    """Return the flags of LoRA that are set, by the names that a tool has for them.

    A ratio of 1, of the learning rates of both matrices, is LoRA as it is.
    """
    given = {key: inputs.get_method_value(name) for name, key in names.items()}
    return {key: value for key, value in given.items() if value is True or (value or 0) > 1}  # type: ignore[misc, operator]
