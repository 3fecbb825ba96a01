"""What a project finds in the config.json of a hub is the model that its run.yaml describes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from golden_project import GOLDEN
from newft.catalog.loader import load_catalog
from newft.schema.family import Family, ModelSpec
from support.exported_plans import plan_for
from support.model_configs import WRAPPED, build_config, wrap_config
from support.tiny_families import list_variants

pytestmark = pytest.mark.slow

MODELS = {
    f"{family.id}-{architecture}": (family, architecture, size)
    for family in load_catalog().families.values()
    if family.successor is None
    for architecture, size in list_variants(family).items()
}


@pytest.fixture(scope="module", autouse=True)
def load() -> Any:
    """The module of a project that loads a model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(GOLDEN / "src")
        from golden_desk.model import load

        yield load


def write_hub_config(family: Family, architecture: str, size: ModelSpec, folder: Path) -> None:
    config = build_config(family, size)
    if architecture in WRAPPED:
        config = wrap_config(architecture, config)
    assert config.model_type in family.model_types
    values = config.to_dict() | {"architectures": [architecture]}
    (folder / "config.json").write_text(json.dumps(values, default=str), encoding="utf-8")


@pytest.mark.parametrize("name", MODELS)
def test_the_model_is_the_one_that_is_planned(
    name: str, load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from golden_desk.config import load_config
    from golden_desk.model.verify import ModelFolder

    family, architecture, size = MODELS[name]
    write_hub_config(family, architecture, size, tmp_path)
    plan = plan_for(family, size, exports=("none",)).model
    model = load_config(GOLDEN / "config" / "run.yaml").model.model_copy(
        update={"id": plan.id, "architecture": plan.architecture, "parameters": None}
    )
    folder = ModelFolder(tmp_path, None)
    monkeypatch.setattr(load, "fetch_model_folder", lambda _: folder)  # it is here already
    assert load.find_base_model(model) is folder
