"""A family is one YAML file: the example of templates/README.md makes a project."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import yaml

from newft.catalog.loader import load_families
from newft.paths import get_templates_folder
from support.generate_project import catalog, emitted, generate, untidy
from support.model_configs import count_on_meta

EXAMPLE = re.compile(r"would be:\n\n```yaml\n(.+?)```", re.DOTALL)


def test_the_example_of_the_readme_makes_a_project(tmp_path: Path) -> None:
    readme = (get_templates_folder() / "README.md").read_text(encoding="utf-8")
    (example,) = EXAMPLE.findall(readme)
    folder = tmp_path / "families"
    shutil.copytree(get_templates_folder() / "families", folder)
    (folder / "olmo2.yaml").write_text(example, encoding="utf-8")
    families = load_families(folder, catalog().methods)
    generate(
        {"data.files": (), "gpu": "1xRTX4090", "language": "en", "family": "olmo2"},
        tmp_path / "olmo",
        families=families,
    )
    made = emitted(tmp_path / "olmo")
    run = yaml.safe_load(made["config/run.yaml"])
    (size,) = families["olmo2"].sizes
    assert run["model"]["id"] == size.hub_id
    assert run["model"]["parameters"] == size.parameters == count_on_meta(families["olmo2"], size)
    assert run["model"]["end_of_turn"] == "<|endoftext|>"
    assert not [fault for path, text in made.items() for fault in untidy(path, text)]


def test_a_file_of_a_family_is_short() -> None:
    for file in (get_templates_folder() / "families").glob("*.yaml"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 120, file.name
