"""A kit.yaml of a team is read as it is meant, or refused with every fault and its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft import __version__
from newft.catalog.loader import load_starter_kit
from newft.errors import CatalogError, IncompatibleError, NewftError
from newft.schema.kit import Kit
from support.generate_project import catalog
from support.kit_folders import write_kit

EVERYTHING_WRONG = """\
title: Bank
verson: 1
presets:
  method: loraa
  famly: qwen3
  data: {files: [a.csv]}
  language: fr
locked:
  family: {value: qwen33, wy: because}
  method: {why: because}
policy:
  families: [qwen9]
  required_files: [../secret]
questions:
  Team: {title: Team}
  kind: {title: Kind, type: choice}
  size: {title: Size, type: integer, default: big}
  code: {title: Code, pattern: "(a", when: {kit.answers.unit: x}}
  unit: {title: Unit, choices: {a: A}}
replaces: [README.md]
layers:
  - folder: extra
  - folder: tests
tasks: {}
task_changes: {risk: {title: Risk}}
"""


def load(folder: Path) -> Kit:
    return load_starter_kit(folder, "bank", catalog())


def refused(folder: Path) -> str:
    with pytest.raises(CatalogError) as caught:
        load(folder)
    assert all(caught.value.to("zh")[0])
    return str(caught.value)


def test_an_unknown_key_is_listed_with_the_faults_of_answers(tmp_path: Path) -> None:
    folder = write_kit(tmp_path, EVERYTHING_WRONG)
    assert refused(folder).splitlines() == [
        f"{folder}/kit.yaml:2: `verson` is not a valid key here; did you mean `version`?",
        f"{folder}/kit.yaml:5: `presets.famly` is not the key of an answer; did you mean `family`?",
        f"{folder}/kit.yaml:6: `presets.data.files` is not for a kit to answer",
        f"{folder}/kit.yaml:7: `presets.language` should be one of: en, zh",
        f"{folder}/kit.yaml:9: `locked.family.wy` is not a valid key here: "
        "a lock has `value` and `why`",
        f"{folder}/kit.yaml:10: `locked.method` lacks `value`",
    ]


def test_what_is_well_formed_and_wrong_is_listed_too(tmp_path: Path) -> None:
    manifest = EVERYTHING_WRONG
    for wrong, right in (
        ("verson: 1\n", ""),
        ("  famly: qwen3\n", ""),
        ("  data: {files: [a.csv]}\n", ""),
        ("  language: fr\n", ""),
        (", wy: because", ""),
        ("{why: because}", "lora"),
    ):
        manifest = manifest.replace(wrong, right)
    lines = refused(write_kit(tmp_path, manifest)).splitlines()
    said = [line.partition("kit.yaml:")[2] for line in lines]
    for expected in (
        "3: `presets.method` names `loraa`, which is not known",
        "3: `presets.method` presets `loraa`, but the kit locks `lora`",
        "5: `locked.family` names `qwen33`, which is not known; did you mean `qwen3`?",
        "8: `policy.families[0]` names `qwen9`",
        "9: `policy.required_files[0]` is not a path inside a project",
        "11: `questions.Team` should begin with a letter",
        "12: `questions.kind` lacks `choices`",
        "13: `questions.size.default` is no answer: `big` is not a whole number",
        "14: `questions.code.pattern` is not a regular expression",
        "14: `questions.code.when.kit.answers.unit` is asked later",
        "15: `questions.unit.choices` are not for the type `text`",
        "16: `replaces[0]` names `README.md`, which the kit does not have",
        "18: `layers[0].folder` names `extra`, which is not a folder of the kit",
        "19: `layers[1].folder` names `tests`",
        "21: `task_changes` needs `extends`",
    ):
        assert any(line.startswith(expected) for line in said), (expected, said)


def test_a_newer_newft_is_asked_for_before_unknown_keys(tmp_path: Path) -> None:
    folder = write_kit(tmp_path, "title: Bank\nrequires_newft: '>=99'\nfuture: 1\n")
    with pytest.raises(IncompatibleError) as caught:
        load(folder)
    assert str(caught.value) == (
        f"{folder}/kit.yaml:2: the kit requires newft >=99, and this is newft {__version__}"
    )
    assert "another revision of the kit" in (caught.value.hint or "")


def test_a_version_that_is_none_is_refused(tmp_path: Path) -> None:
    folder = write_kit(tmp_path, "title: Bank\nrequires_newft: newest\n")
    assert "`requires_newft` is `newest`, not a version specifier" in refused(folder)


TASK = """\
title: Claims
description: Insurance claims
locked: {{language: zh}}
tasks:
  {name}:
    title: 理赔
    description: 理赔材料分类
    {overlay}
    fields:
      text: {{role: text, title: 报案描述, synonyms: [报案描述]}}
      label: {{role: label, title: 类型, synonyms: [类型]}}
    prompts:
      zh: {{tuned: 分类。, base: "从中选择：{{labels}}"}}
    sample: {{zh: claims.csv}}
    question: {{zh: 追尾了}}
"""


def test_a_domain_in_one_locked_language_needs_no_other(tmp_path: Path) -> None:
    manifest = TASK.format(name="claim", overlay="overlay_of: customer_service/intent")
    folder = write_kit(tmp_path, manifest, **{"sample/claims.csv": "报案描述,类型\n"})
    task = load(folder).tasks["claim"]
    assert (task.title.en, task.sample_folder) == ("理赔", str(folder / "sample"))
    assert task.overlay_of == "customer_service/classification"  # whose code that of intents is


def test_a_task_needs_code_and_a_name_of_its_own(tmp_path: Path) -> None:
    manifest = TASK.format(name="project", overlay="overlay_of: customer_service/intnt")
    said = refused(write_kit(tmp_path, manifest))
    assert "`tasks.project` cannot be called `project`" in said
    assert "`tasks.project.overlay_of` names `customer_service/intnt`" in said
    assert "`tasks.project.sample.zh` names `claims.csv`, which is not a file of `sample/`" in said
    manifest = TASK.format(name="claim", overlay="suggested: true")
    assert "needs `overlay/claim/` with its code" in refused(write_kit(tmp_path, manifest))


def test_a_task_has_the_fields_that_its_code_reads(tmp_path: Path) -> None:
    manifest = TASK.format(name="claim", overlay="overlay_of: customer_service/intent")
    manifest = manifest.replace("      text:", "      report:").replace(
        "role: label", "role: group"
    )
    said = refused(write_kit(tmp_path, manifest, **{"sample/claims.csv": "a,b\n"}))
    assert "`tasks.claim.fields` needs one field with the role label" in said
    lacks = "`tasks.claim.fields` lacks `text` with the role text, which `customer_service/intent`"
    assert lacks in said


def test_a_task_tells_choices_of_the_advice(tmp_path: Path) -> None:
    stated = "{{value: {value}, why: 规定, source: 制度}}"
    manifest = TASK.format(name="claim", overlay="overlay_of: customer_service/intent")
    file = {"sample/claims.csv": "报案描述,类型\n"}
    told = f"    advice: {{needs_citation: {stated.format(value='yes')}}}\n"
    task = load(write_kit(tmp_path, manifest + told, **file)).tasks["claim"]
    assert task.advice["needs_citation"].value == "yes"
    wrong = (
        f"    advice: {{task_type: {stated.format(value='clasify')}, "
        f"labelled_rows: {stated.format(value=5)}}}\n"
    )
    said = refused(write_kit(tmp_path, manifest + wrong, **file))
    assert "`tasks.claim.advice.task_type.value` must be one of classify, extract" in said
    assert (
        "`tasks.claim.advice.labelled_rows` is no factor that a task tells, only task_type" in said
    )


@pytest.mark.parametrize("path", ["data/raw/x.csv", ".newft/answers.yml", ".git/hooks/pre-commit"])
def test_no_overlay_writes_what_is_not_the_kits(tmp_path: Path, path: str) -> None:
    folder = write_kit(tmp_path, "title: Bank\n", **{f"overlay/project/{path}": "x"})
    assert f"would write `{path}` (overlay), which no kit may write" in refused(folder)


@pytest.mark.parametrize(
    "bomb",
    [
        "title: &a x\ndescription: *a\n",
        "title: " + "[" * 30 + "]" * 30 + "\n",
        "title: !!python/object/apply:os.system [id]\n",
        "title: x\ntitle: y\n",
        "- title\n",
        "",
        "title: x\npresets: 5\n",
        "title: x\nquestions: {a: {title: A, type: yes_no, default: [a]}}\n",
        "title: x\nquestions: {yes: {title: A}, on: {title: B}}\n",
        "title: x\nquestions: {a: {title: A, pattern: '(?=a)b'}}\n",
        "title: x\nquestions: {a: {title: A, pattern: '" + "(a{900}){900}" + "'}}\n",
    ],
)
def test_hostile_yaml_is_an_error_with_a_place(tmp_path: Path, bomb: str) -> None:
    folder = write_kit(tmp_path, bomb)
    with pytest.raises(NewftError) as caught:
        load(folder)
    assert str(folder / "kit.yaml") in str(caught.value)


@pytest.mark.parametrize("name", ["items", "get", "copy"])
def test_a_question_is_not_called_like_a_method_of_templates(tmp_path: Path, name: str) -> None:
    folder = write_kit(tmp_path, f"title: Bank\nquestions:\n  {name}: {{title: What}}\n")
    assert f"kit.yaml:3: `questions.{name}` has a meaning of its own" in refused(folder)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(?:x{label}*y){2,}", "(\\\\d{2,})*"])
def test_a_pattern_that_can_take_forever_is_refused(tmp_path: Path, pattern: str) -> None:
    own = (
        f"overlay_of: customer_service/intent\n    leak_patterns: ['{pattern}', '(re)?fund(s|ed)?']"
    )
    said = refused(write_kit(tmp_path, TASK.format(name="claim", overlay=own)))
    assert "`tasks.claim.leak_patterns[0]` repeats a repetition" in said
    assert "leak_patterns[1]" not in said


@pytest.mark.parametrize(
    ("written", "read"), [("late", ("late",)), ("[late, lost]", ("late", "lost"))]
)
def test_a_kit_may_preset_one_label_or_several(
    written: str, read: tuple[str, ...], tmp_path: Path
) -> None:
    manifest = f"title: Bank\npresets:\n  data.positive: {written}\n"
    manifest += f"locked:\n  data.indeterminate: {{value: {written}, why: still open}}\n"
    kit = load(write_kit(tmp_path, manifest))
    assert kit.presets["data.positive"] == read
    assert kit.locked["data.indeterminate"].value == read
