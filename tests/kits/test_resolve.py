"""A kit with everything that it inherits, or refused with the kits that contradict each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.decide.kit.kit_rules import apply_kit
from newft.errors import CatalogError
from newft.kits.resolve import derive_kit_id, resolve_kit
from newft.schema.catalog import Catalog
from newft.schema.kit import Lock, Policy
from newft.schema.starter_kit import KitPin, LocatedKit, StarterKit
from newft.text import Text
from newft.wizard.default_answers import fill_defaults
from newft.wizard.services import build_services
from newft.wizard.state import WizardState
from support.checkout import REPOSITORY
from support.conversation import MACHINE
from support.generate_project import catalog
from support.kit_folders import locate_folder, write_kit


def resolve(folder: Path) -> tuple[StarterKit, Catalog]:
    resolved = resolve_kit(str(folder), catalog(), locate_folder)
    assert resolved.starter_kit
    return resolved.starter_kit, resolved


def refused(folder: Path) -> str:
    with pytest.raises(CatalogError) as caught:
        resolve(folder)
    return str(caught.value)


def test_five_lines_are_a_kit(tmp_path: Path) -> None:
    manifest = """\
        title: Bank kit
        extends: credit_risk
        presets: {gpu: 1x24GB}
        locked:
          method: lora
        """
    kit, resolved = resolve(write_kit(tmp_path / "bank", manifest))
    assert (kit.id, kit.title, kit.domain) == ("bank", Text("Bank kit", "Bank kit"), "credit_risk")
    assert kit.presets == {"gpu": "1x24GB"}
    assert kit.locked["method"] == Lock("lora", None, kit.title)
    assert kit.locked["domain"].value == "credit_risk"
    assert [*resolved.kits] == ["credit_risk"]


def test_a_kit_without_domain_holds_for_all(tmp_path: Path) -> None:
    kit, resolved = resolve(write_kit(tmp_path / "house", "title: House\nlocked: {language: zh}\n"))
    assert kit.domain is None
    assert resolved.kits == catalog().kits


def test_the_words_of_a_kit_are_added_to_those_of_its_domain(tmp_path: Path) -> None:
    manifest = "title: Bank\nextends: credit_risk\nwords: {en: [pawnbroker]}\n"
    words = resolve(write_kit(tmp_path / "bank", manifest))[1].kits["credit_risk"].words
    known = catalog().kits["credit_risk"].words
    assert words == {**known, "en": (*known["en"], "pawnbroker")}


def test_words_of_a_kit_without_domain_are_refused(tmp_path: Path) -> None:
    said = refused(write_kit(tmp_path / "house", "title: House\nwords: {en: [pawnbroker]}\n"))
    assert "`words` needs `extends` or `tasks`" in said


@pytest.mark.parametrize(
    "written",
    [
        "presets: {data: {columns: {text: Body}}, revision: 123}",
        "presets: {data.columns.text: Body, revision: 123}",
    ],
)
def test_presets_are_nested_or_dotted_and_read_as_written(tmp_path: Path, written: str) -> None:
    kit, _ = resolve(write_kit(tmp_path / "desk", f"title: 1.10\nversion: 1.10\n{written}\n"))
    assert kit.presets == {"data.columns.text": "Body", "revision": "123"}
    assert (kit.title.en, kit.version) == ("1.10", "1.10")


def test_a_lock_may_say_why_in_one_text_or_in_two(tmp_path: Path) -> None:
    manifest = """\
        title: {en: Bank, zh: 银行}
        locked:
          method: {value: lora, why: {en: audited, zh: 已审计}}
          family: {value: qwen3, why: licensed}
        """
    kit, _ = resolve(write_kit(tmp_path / "bank", manifest))
    assert kit.locked["method"] == Lock("lora", Text("audited", "已审计"), kit.title)
    assert kit.locked["family"] == Lock("qwen3", Text("licensed", "licensed"), kit.title)


def test_the_leaf_wins_and_locks_only_tighten(tmp_path: Path) -> None:
    base = """\
        title: Group
        extends: credit_risk
        presets: {gpu: cpu, language: en, method: full}
        policy: {licenses: [apache-2.0, mit], required_files: [NOTICE]}
        """
    leaf = """\
        title: Bank
        extends: ../group
        presets: {gpu: 1x24GB}
        locked: {method: lora}
        policy: {licenses: [mit, other], required_files: [SECURITY.md]}
        """
    write_kit(tmp_path / "group", base)
    kit, _ = resolve(write_kit(tmp_path / "bank", leaf))
    assert [one.id for one in kit.chain] == ["group", "bank"]
    assert kit.presets == {"gpu": "1x24GB", "language": "en"}
    assert kit.policy == Policy(licenses=("mit",), required_files=("NOTICE", "SECURITY.md"))


def test_a_lock_against_a_lock_names_both_kits(tmp_path: Path) -> None:
    write_kit(tmp_path / "group", "title: Group\nlocked: {method: lora}\n")
    leaf = "title: Bank\nextends: ../group\nlocked:\n  method: full\npresets:\n  method: full\n"
    folder = write_kit(tmp_path / "bank", leaf)
    message = "but the kit `Group`, which `Bank` extends, locks `method` to `lora`"
    assert refused(folder).splitlines() == [
        f"{folder}/kit.yaml:4: `locked.method` is `full`, {message}",
        f"{folder}/kit.yaml:6: `presets.method` is `full`, {message}",
    ]


def test_a_policy_that_allows_nothing_is_refused(tmp_path: Path) -> None:
    write_kit(tmp_path / "group", "title: Group\npolicy: {licenses: [mit]}\n")
    leaf = "title: Bank\nextends: ../group\npolicy: {licenses: [apache-2.0]}\n"
    assert "`policy.licenses` allows nothing that the kits below allow: mit" in refused(
        write_kit(tmp_path / "bank", leaf)
    )


def test_a_circle_and_a_chain_of_four_are_named(tmp_path: Path) -> None:
    for name, base in zip("abcd", "bcda", strict=True):
        write_kit(tmp_path / name, f"title: {name}\nextends: ../{name.replace(name, base)}\n")
    assert "more than 3 kits extend each other" in refused(tmp_path / "a")
    write_kit(tmp_path / "c", "title: c\nextends: ../b\n")
    write_kit(tmp_path / "b", "title: b\nextends: ../c\n")
    assert "in a circle" in refused(tmp_path / "b")
    assert "../c -> ../b" in refused(tmp_path / "b")


def test_questions_of_one_name_are_refused(tmp_path: Path) -> None:
    question = "questions:\n  team: {title: Team}\n"
    write_kit(tmp_path / "group", f"title: Group\n{question}")
    folder = write_kit(tmp_path / "bank", f"title: Bank\nextends: ../group\n{question}")
    assert refused(folder) == (
        f"{folder}/kit.yaml:4: `questions.team` is a question of the kit `group` too, "
        "which `bank` extends"
    )


def test_what_is_about_no_question_is_refused(tmp_path: Path) -> None:
    manifest = """\
        title: Bank
        extends: credit_risk
        presets: {kit.answers.team: risk, task: none}
        questions:
          unit:
            title: Unit
            when: {kit.answers.section: a}
        """
    said = refused(write_kit(tmp_path / "bank", manifest))
    assert "`presets.task` should be one of: classification, risk" in said
    manifest = manifest.replace(", task: none", "")
    said = refused(write_kit(tmp_path / "bank", manifest))
    assert "kit.yaml:3: `presets.kit.answers.team` is not a question of the kit" in said
    assert "kit.yaml:7: `questions.unit.when.kit.answers.section` is not a question" in said


def test_a_kit_changes_the_tasks_of_its_base(tmp_path: Path) -> None:
    manifest = """\
        title: Bank
        extends: credit_risk
        task_changes:
          risk:
            title: {en: Rating, zh: 评级}
            fields:
              label: {synonyms: [bonitaet]}
            prompts:
              zh: {tuned: 给出评级。}
        """
    _, resolved = resolve(write_kit(tmp_path / "bank", manifest))
    task, base = resolved.kits["credit_risk"].tasks["risk"], catalog().kits["credit_risk"].tasks
    assert task.title == Text("Rating", "评级")
    assert task.fields["label"].synonyms[0] == "bonitaet"
    assert task.prompts["zh"].tuned == "给出评级。"
    assert task.prompts["zh"].base == base["risk"].prompts["zh"].base
    assert task.prompts["en"] == base["risk"].prompts["en"]
    assert base["risk"].fields["label"].synonyms[0] != "bonitaet"


def test_changes_that_fit_no_task_are_refused_with_their_lines(tmp_path: Path) -> None:
    manifest = """\
        title: Bank
        extends: credit_risk
        task_changes:
          rsk: {title: Risk}
          risk:
            fields:
              lable: {synonyms: [x]}
            sample: {en: gone.csv}
            prompts:
              en: {base: no labels here}
        """
    folder = write_kit(tmp_path / "bank", manifest)
    lines = refused(folder).splitlines()
    assert [line.partition(": `")[0].rpartition(":")[2] for line in lines] == ["4", "7", "8", "8"]
    assert "the nearest is `label`" in lines[1]
    write_kit(folder, manifest.replace("lable", "label"))
    assert "`task_changes.risk.prompts.en.base` must list the `{labels}`" in refused(folder)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("git+https://git.example/platform/bank-kit.git@v1", "bank_kit"),
        ("./kits/House Kit/", "house_kit"),
        ("C:\\kits\\bank", "bank"),
        ("../42", "kit_42"),
        ("git@git.example:bank.git", "bank"),
        ("保险", "kit"),
    ],
)
def test_a_kit_is_named_by_its_source(source: str, expected: str) -> None:
    located = LocatedKit("/tmp/x", KitPin(source, None, None, ""))
    assert derive_kit_id(located) == expected


@pytest.mark.parametrize(
    ("manifest", "fault"),
    [
        ("presets: {domain: credit}", "`presets.domain` should be one of: credit_risk"),
        (
            "locked: {task: rsk}",
            "`locked.task` should be one of: charge, classification, clause, intent, risk",
        ),
        ("presets: {data.columns.lable: x}", "`presets.data.columns.lable` is not a field"),
        (
            "presets: {gpu: 3xRTX9}",
            "`presets.gpu` cannot be used: `RTX9` is not a known accelerator",
        ),
        (
            "presets: {model: embedded, family: qwen3}",
            "`presets.model` is `embedded` of the family `smollm2`, not of `qwen3`",
        ),
        (
            "presets: {model: embedded}\nlocked: {family: qwen3}",
            "`presets.model` is `embedded` of the family `smollm2`, not of `qwen3`",
        ),
        (
            "presets: {method: full}\npolicy: {methods: [lora]}",
            "`presets.method` is `full`, but the policy allows only lora",
        ),
        (
            "presets: {kit.answers.unit: c}\n"
            "questions: {unit: {title: U, type: choices, choices: {a: A, b: B}}}",
            "`presets.kit.answers.unit` is no answer: `c` is not one of: a, b",
        ),
    ],
)
def test_an_answer_that_no_project_could_have_is_refused(
    tmp_path: Path, manifest: str, fault: str
) -> None:
    said = refused(write_kit(tmp_path / "bank", f"title: Bank\n{manifest}\n"))
    assert fault in said


def test_a_model_against_the_family_of_a_lower_kit_is_refused(tmp_path: Path) -> None:
    write_kit(tmp_path / "group", "title: Group\nlocked: {family: qwen3}\n")
    leaf = write_kit(tmp_path / "bank", "title: B\nextends: ../group\npresets: {model: embedded}\n")
    assert refused(leaf) == (
        f"{leaf}/kit.yaml:3: `presets.model` is `embedded`, but the kit `Group`, which `B` "
        "extends, locks `family` to `qwen3`"
    )


def test_kits_of_one_name_are_told_apart(tmp_path: Path) -> None:
    write_kit(tmp_path / "group/kit", "title: Group\nlocked: {method: lora}\n")
    leaf = write_kit(tmp_path / "bank/kit", "title: Bank\nextends: ../../group/kit\n")
    kit, _ = resolve(leaf)
    assert [one.id for one in kit.chain] == ["kit_base", "kit"]
    assert kit.locked["method"].kit.en == "Group"


def test_a_domain_of_a_kit_is_extended(tmp_path: Path) -> None:
    base = REPOSITORY / "tests/cases/kits/insurance_claims"
    manifest = f"""\
        title: Motor claims
        extends: {base}
        task_changes:
          claim:
            fields: {{text: {{synonyms: [查勘记录]}}}}
            prompts: {{zh: {{tuned: 判断车险案件的类型。}}}}
        """
    kit, resolved = resolve(write_kit(tmp_path / "motor", manifest))
    assert (kit.id, kit.domain, [*resolved.kits]) == (
        "motor",
        "insurance_claims",
        ["insurance_claims"],
    )
    task = resolved.kits["insurance_claims"].tasks["claim"]
    assert task.fields["text"].synonyms[0] == "查勘记录"
    assert task.prompts["zh"].tuned == "判断车险案件的类型。"
    assert kit.locked["language"].value == "zh"


def test_a_locked_folder_and_gpu_are_compared_as_answers_are(tmp_path: Path) -> None:
    (tmp_path / "models/qwen").mkdir(parents=True)
    (tmp_path / "models/qwen/config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "models")
    manifest = f"""\
        title: Bank
        locked: {{model: {tmp_path}/link/qwen, gpu: CPU, family: qwen3}}
        presets: {{domain: legal, task: clause}}
        """
    kit, resolved = resolve(write_kit(tmp_path / "bank", manifest))
    assert kit.locked["model"].value == str(tmp_path / "models/qwen")
    start = WizardState(resolved, apply_kit({"gpu": "CPU"}, kit), machine=MACHINE)
    end = fill_defaults(start, build_services(resolved, MACHINE))
    assert end.answers["model"] == str(tmp_path / "models/qwen")
