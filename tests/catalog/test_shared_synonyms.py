"""Lists of column names that kits include, and the protected terms of every domain."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newft.catalog.loader import load_kit
from newft.catalog.shared_column_names import load_shared_synonyms
from newft.dataset.protected_terms import is_barred_name
from newft.errors import CatalogError
from newft.paths import get_domains_folder


@pytest.fixture
def domains(tmp_path: Path) -> Path:
    """A copy of the domains that ship."""
    return Path(shutil.copytree(get_domains_folder(), tmp_path / "domains"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_every_list_names_its_source_and_is_included_by_a_task() -> None:
    lists = load_shared_synonyms(get_domains_folder()).lists
    assert all(one.title and one.source for one in lists.values())
    kits = [load_kit(file.parent) for file in get_domains_folder().glob("*/kit.yaml")]
    assert {name for kit in kits for task in kit.tasks.values() for name in task.synonym_lists} == {
        *lists
    }


def test_the_names_of_a_list_come_after_those_of_the_kit() -> None:
    label = load_kit(get_domains_folder() / "credit_risk").tasks["risk"].fields["label"]
    assert label.synonyms.index("risk_level") == 0
    assert label.synonyms.index("loan_status") > label.synonyms.index("标签")


def test_a_list_that_is_none_is_refused_with_its_line(domains: Path) -> None:
    edit(domains / "credit_risk/kit.yaml", "[lending_club,", "[lending_clubs,")
    with pytest.raises(CatalogError) as refusal:
        load_kit(domains / "credit_risk")
    fault = "synonym_lists[0]` names no list of `synonyms/`; the nearest is `lending_club`"
    assert fault in refusal.value.message
    assert refusal.value.where.startswith(f"{domains / 'credit_risk/kit.yaml'}:")


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("synonyms/cail.yaml", "  text: [fact]", "  fact: [fact]", "columns.fact"),
        ("synonyms/cail.yaml", "[fact]", "[fact, Fact]", "`columns.text[1]` repeats `fact`"),
        ("synonyms/cail.yaml", "source:", "sources:", "did you mean `source`?"),
        ("protected_terms.yaml", "ambiguous:", "unclear:", "lacks `ambiguous`"),
    ],
)
def test_faults_of_a_shared_file_are_refused_with_their_line(
    domains: Path, file: str, old: str, new: str, fault: str
) -> None:
    edit(domains / file, old, new)
    with pytest.raises(CatalogError) as refusal:
        load_shared_synonyms(domains)
    assert fault in refusal.value.message
    assert refusal.value.where.startswith(f"{domains / file}:")


def test_a_new_domain_has_the_protected_terms_without_naming_them(domains: Path) -> None:
    kit = domains / "credit_risk/kit.yaml"
    before, _, rest = kit.read_text(encoding="utf-8").partition("    synonym_lists:")
    kit.write_text(f"{before}    fields:{rest.partition('    fields:')[2]}", encoding="utf-8")
    protected = load_kit(domains / "credit_risk").tasks["risk"].fields["protected"]
    assert protected.synonyms[0] == "age"
    assert is_barred_name("applicant_age_band", protected)
    assert is_barred_name("客户性别", protected)
    assert not is_barred_name("vehicle_age", protected)
