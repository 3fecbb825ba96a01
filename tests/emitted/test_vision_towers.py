"""Models that also see images: of their weights, those are trained that a text passes."""

from __future__ import annotations

from importlib import import_module

import pytest
import torch
from transformers import PreTrainedModel

from newft.catalog.loader import load_catalog
from support.generate_project import generate
from support.tiny_families import WRAPPERS, build_tiny_model, list_variants

pytestmark = pytest.mark.slow

MODELS = {
    architecture: (family, size)
    for family in load_catalog().families.values()
    for architecture, size in list_variants(family).items()
    if architecture in WRAPPERS
}
VALUES = {"full": {}, "freeze": {"trained_blocks": 1}}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The package of a project by the method that it trains by."""
    folder, packages = tmp_path_factory.mktemp("methods"), {}
    given = {"domain": "customer_service", "task": "intent", "language": "en", "gpu": "cpu"}
    with pytest.MonkeyPatch.context() as patch:
        for method in VALUES:
            project = folder / f"{method}_desk"
            packages[method] = generate(
                {**given, "method": method, "name": project.name}, project
            ).package
            patch.syspath_prepend(str(project / "src"))
            import_module(f"{packages[method]}.model.adapter")
    return packages


def test_every_wrapper_of_the_catalogue_is_tried() -> None:
    assert MODELS.keys() == WRAPPERS.keys()


@pytest.mark.parametrize("architecture", MODELS)
@pytest.mark.parametrize("method", VALUES)
def test_what_is_trained_has_gradients_and_is_no_part_of_the_tower(
    method: str, architecture: str, packages: dict[str, str]
) -> None:
    adapter = import_module(f"{packages[method]}.model.adapter")
    config = import_module(f"{packages[method]}.model.method").MethodConfig(
        name=method, **VALUES[method]
    )
    base = build_tiny_model(*MODELS[architecture], vocabulary=64)
    model: PreTrainedModel = adapter.prepare_for_training(
        base, config, checkpointing=False, base_name="base"
    ).train()
    tokens = torch.tensor([[5, 6, 7, 8]])
    model(tokens, labels=tokens).loss.backward()
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    reached = {name for name, weight in model.named_parameters() if weight.grad is not None}
    assert trained == reached
    assert trained and all(name.startswith("model.language_model.") for name in trained)
    if method == "full":  # the head is tied to the embeddings, or a part of its own
        assert {*dict(model.model.language_model.named_parameters())} == {
            name.removeprefix("model.language_model.") for name in trained
        }
    count = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    shown = adapter.describe_trained_weights(model)
    assert f"{count:,}" in shown and f"{model.num_parameters():,}" in shown
