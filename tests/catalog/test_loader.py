"""A catalogue file is read as what it says, or refused with every fault, its line and its key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from newft.catalog.loader import load_accelerators, load_catalog, load_families, load_kit
from newft.errors import CatalogError
from newft.paths import get_domains_folder, get_templates_folder
from newft.schema.hardware import Accelerator
from newft.schema.kit import Kit
from newft.text import Text
from support.checkout import DOMAINS, TEMPLATES


@pytest.fixture
def kit_folder(tmp_path: Path) -> Path:
    """A copy of the customer-service kit, with sample files of its own."""
    folder = tmp_path / "customer_service"
    (folder / "sample").mkdir(parents=True)
    shutil.copy(get_domains_folder() / "customer_service" / "kit.yaml", folder)
    for name in ("intent_en.csv", "intent_zh.csv", "tickets_en.jsonl", "tickets_zh.csv"):
        (folder / "sample" / name).write_text("message,intent\n", encoding="utf-8")
    return folder


def edit(folder: Path, old: str, new: str) -> Path:
    """The kit's file after one replacement, which must apply."""
    file = folder / "kit.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) >= 1, old
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def line_of(file: Path, words: str) -> int:
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


def refused(folder: Path) -> str:
    with pytest.raises(CatalogError) as caught:
        load_kit(folder)
    return str(caught.value)


def test_a_kit_is_named_by_its_folder(kit_folder: Path) -> None:
    kit = load_kit(kit_folder)
    assert isinstance(kit, Kit)
    assert (kit.id, kit.folder) == ("customer_service", str(kit_folder))
    assert kit.title == Text("Customer service", "客服")
    assert kit.tasks["intent"].fields["group"].required is False


def test_everything_that_ships_loads() -> None:
    catalog = load_catalog()
    assert [*catalog.kits] == sorted(path.parent.name for path in DOMAINS.glob("*/kit.yaml"))
    assert [*catalog.families] == sorted(path.stem for path in TEMPLATES.glob("families/*.yaml"))
    assert {"V100-16GB", "RTX4090", "910B", "cpu"} <= set(catalog.accelerators)


def test_an_unknown_key_is_refused_with_the_nearest_one(kit_folder: Path) -> None:
    file = edit(kit_folder, "        required: false", "        requird: false")
    assert refused(kit_folder) == (
        f"{file}:{line_of(file, 'requird')}: `tasks.intent.fields.group.requird` "
        "is not a valid key here; did you mean `required`?"
    )


def test_every_fault_is_listed_with_its_line(kit_folder: Path) -> None:
    edit(kit_folder, "  zh: 客服\n", "")
    edit(kit_folder, "        role: text", "        role: words")
    file = edit(kit_folder, "  intent:\n    title:", "  intent:\n    colour: 3\n    title:")
    assert refused(kit_folder).splitlines() == [
        f"{file}:1: `title` lacks `zh`",
        f"{file}:{line_of(file, 'colour')}: `tasks.intent.colour` is not a valid key here",
        f"{file}:{line_of(file, 'role: words')}: `tasks.intent.fields.text.role` "
        "should be 'text', 'context', 'label', 'recommendation', 'group', 'protected' or "
        "'excluded', not `words`",
    ]


def test_the_same_key_twice_is_refused(kit_folder: Path) -> None:
    file = edit(kit_folder, "tasks:", "title: {en: a, zh: b}\ntasks:")
    last = line_of(file, "title: {en: a, zh: b}")
    assert refused(kit_folder) == f"{file}:{last}: `title` is given twice"


def test_a_key_that_follows_from_the_folder_is_refused(kit_folder: Path) -> None:
    file = edit(kit_folder, "tasks:", "id: other\ntasks:")
    where = f"{file}:{line_of(file, 'id: other')}"
    assert refused(kit_folder) == f"{where}: `id` follows from the name: remove it"


def test_what_types_cannot_say_about_a_kit_is_checked(kit_folder: Path) -> None:
    (kit_folder / "sample" / "intent_zh.csv").unlink()
    edit(kit_folder, "synonyms: [text, message,", "synonyms: [text, message, Me-ssage,")
    edit(kit_folder, "tuned: Name the intent", "tuned: Name {labels}, the intent")
    edit(kit_folder, "          {labels}\n", "          all of them\n")
    file = edit(kit_folder, "      group:\n", "      my-group:\n")
    faults = refused(kit_folder).splitlines()
    assert all(fault.startswith(f"{file}:") for fault in faults)
    assert {fault.split(" ", 1)[1] for fault in faults} == {
        "`tasks.intent.fields.text.synonyms[2]` repeats `message`",
        "`tasks.intent.fields.my-group` is not an identifier "
        "(a letter, then letters, digits and `_`)",
        "`tasks.intent.prompts.en.tuned` must not list the `{labels}`",
        "`tasks.intent.prompts.en.base` must list the `{labels}`",
        "`tasks.intent.sample.zh` names `intent_zh.csv`, which is not a file of `sample/`",
    }


PART_WITHOUT_LIST = "          Approve or decline.{/recommendation}\n      zh:"


def test_records_with_a_recommendation_need_a_prompt_that_lists_them(tmp_path: Path) -> None:
    folder = tmp_path / "credit_risk"
    shutil.copytree(get_domains_folder() / "credit_risk", folder)
    edit(folder, "          {recommendations}{/recommendation}\n      zh:", PART_WITHOUT_LIST)
    assert refused(folder).endswith(
        "`tasks.risk.prompts.en.base` must list the `{recommendations}`"
    )


@pytest.mark.parametrize("part", ["{#advice}Advise.{/advice}", "{#recommendation}Advise."])
def test_a_part_of_a_prompt_is_closed_and_belongs_to_an_optional_field(
    tmp_path: Path, part: str
) -> None:
    folder = tmp_path / "credit_risk"
    shutil.copytree(get_domains_folder() / "credit_risk", folder)
    edit(folder, "{/recommendation}Risk levels:", f"{{/recommendation}}{part} Risk levels:")
    name = part[2:].partition("}")[0]
    fault = f"`tasks.risk.prompts.en.base` has a part for `{name}`"
    assert fault in refused(folder)


def test_a_question_about_a_context_needs_its_place_in_both_languages(tmp_path: Path) -> None:
    folder = tmp_path / "legal"
    shutil.copytree(get_domains_folder() / "legal", folder)
    edit(folder, "en: Is this a clause about {type}?", "en: Is this such a clause?")
    assert refused(folder).endswith("`tasks.clause.question_template.en` must contain `{type}`")
    edit(folder, "      en: Is this such a clause?\n", "")
    assert refused(folder).endswith("`tasks.clause.question_template` lacks `en`")


@pytest.mark.parametrize(
    ("aliases", "fault"),
    [
        ("盗窃: [偷], 诈骗: [偷罪]", "诈骗[0]` already names `盗窃`"),
        ("盗窃: [盗窃罪]", "盗窃[0]` already names `盗窃`"),
        ("盗窃: [诈骗罪], 诈骗: [骗]", "盗窃[0]` already names `诈骗`"),
    ],
)
def test_an_alias_that_names_two_labels_without_its_affixes_is_refused(
    tmp_path: Path, aliases: str, fault: str
) -> None:
    folder = tmp_path / "legal"
    shutil.copytree(get_domains_folder() / "legal", folder)
    suffixes = "      strip_suffixes: [罪]"
    edit(folder, suffixes, f"      aliases: {{{aliases}}}\n{suffixes}")
    assert refused(folder).endswith(f"`tasks.charge.label_rules.aliases.{fault}")


def test_both_languages_are_wanted(kit_folder: Path) -> None:
    edit(kit_folder, "      zh: intent_zh.csv\n", "")
    assert refused(kit_folder).endswith("`tasks.intent.sample` lacks `zh`")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: [", "invalid YAML"),
        ("", "the file has no keys"),
        ("- a\n- b\n", "the file has no keys"),
        ("? [a, b]\n: c\n", "kit.yaml:1: a key must be text, not a list or a mapping"),
        ("title: !!python/name:os.system x", "invalid YAML: could not determine"),
        ("title: &a\n  en: *a\n", "kit.yaml:2: anchors and aliases (& and *) are not supported"),
    ],
)
def test_what_is_no_yaml_mapping_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "kit.yaml").write_text(text, encoding="utf-8")
    assert message in refused(tmp_path)


def test_a_missing_and_an_unreadable_file_are_named(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path / 'kit.yaml'}: this file does not exist"
    (tmp_path / "kit.yaml").write_bytes("title: 客服".encode("gb18030"))
    assert "kit.yaml:1: the file is not UTF-8 text" in refused(tmp_path)


def test_a_number_that_yaml_reads_as_text_is_explained(tmp_path: Path) -> None:
    text = (get_templates_folder() / "families" / "qwen3.yaml").read_text(encoding="utf-8")
    file = tmp_path / "qwen3.yaml"
    file.write_text(text.replace("value: 1.0e-4", "value: 1e-4"), encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load_families(tmp_path, {})
    assert str(caught.value) == (
        f"{file}:{line_of(file, '1e-4')}: `methods.lora.learning_rate.value` should be a valid "
        "number, not `1e-4` (text: write numbers with a dot, such as 1.0e-5)"
    )


def test_an_accelerator_needs_its_fields_and_a_name_of_its_own(tmp_path: Path) -> None:
    entries = yaml.safe_load((get_templates_folder() / "hardware.yaml").read_text(encoding="utf-8"))
    kept = {name: entries[name] for name in ("T4", "A10")}
    file = tmp_path / "hardware.yaml"
    file.write_text(yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
    assert [type(a) for a in load_accelerators(file).values()] == [Accelerator, Accelerator]

    kept["A10"]["aliases"] = ["t-4"]
    file.write_text(yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
    with pytest.raises(CatalogError, match="`A10` has the same name `t-4` as `T4`"):
        load_accelerators(file)

    del kept["A10"]["bf16"]
    file.write_text(yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
    with pytest.raises(CatalogError, match="`A10` lacks `bf16`"):
        load_accelerators(file)


def test_words_that_tell_no_domain_are_refused(kit_folder: Path) -> None:
    file = kit_folder / "kit.yaml"
    text = file.read_text(encoding="utf-8").partition("\nwords:\n")[0]
    words = "\nwords:\n  en: [parcel, my, Parcel]\n  zh: [货, 快递, 快递]\n  fr: [colis]\n"
    file.write_text(text + words, encoding="utf-8")
    assert refused(kit_folder).splitlines() == [
        f"{file}:{line_of(file, 'fr: [colis]')}: `words.fr` should be 'en' or 'zh', not `fr`"
    ]
    file.write_text(text + words.replace("  fr: [colis]\n", ""), encoding="utf-8")
    en, zh = line_of(file, "  en: [parcel"), line_of(file, "  zh: [货")
    assert refused(kit_folder).splitlines() == [
        f"{file}:{en}: `words.en[1]` is too short to tell a domain",
        f"{file}:{en}: `words.en[2]` repeats `parcel`",
        f"{file}:{zh}: `words.zh[0]` is too short to tell a domain",
        f"{file}:{zh}: `words.zh[2]` repeats `快递`",
    ]
