"""`newft schema`: the schema and `newft new --answers` accept and refuse the same files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from newft.answers.keys import ANSWER_KEYS
from newft.answers.parse import format_answers_yaml
from newft.answers.yaml_file import parse_answers_yaml
from newft.catalog.answers_schema import build_answers_schema
from newft.decide.kit.kit_answer_rules import drop_secret_answers
from newft.decide.kit.kit_rules import apply_kit
from newft.errors import NewftError
from newft.i18n import Messages
from newft.kits.locate import KitLocator
from newft.kits.resolve import resolve_kit
from newft.schema.catalog import Catalog
from newft.wizard.default_answers import fill_defaults
from newft.wizard.project_plan import plan_project
from newft.wizard.services import build_services
from newft.wizard.state import Services, WizardState
from support.checkout import REPOSITORY
from support.copier_templates import TEMPLATES
from support.generate_project import catalog
from support.run_newft import run_newft

pytestmark = pytest.mark.slow

NOTHING = object()  # the key is left out, as most are, so that half of the files are right
LEFT_OUT = [NOTHING] * 100
SCALARS = st.sampled_from([*LEFT_OUT, None, "", 5, True, ["x"], {"x": "y"}, "x-y"])
NAMES = ["客服 2", "-a", "a.b", "a ", "x" * 41]


@pytest.fixture(scope="module", autouse=True)
def model_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A model in the current folder, which `model: .` names; its files do not tell its family."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "config.json").write_text("{}", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        yield


@cache
def validator() -> Draft202012Validator:
    schema = build_answers_schema(catalog(), Messages("en"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@cache
def services() -> Services:
    return build_services(catalog(), machine=None)


def accepts(text: str) -> bool:
    """Whether `newft new --answers` takes a file, apart from what hardware a model needs."""
    try:
        fill_defaults(WizardState(catalog(), parse_answers_yaml("a.yml", text)), services())
    except NewftError:
        return False
    return True


def test_every_key_of_the_answers_is_described_in_both_languages() -> None:
    for language in ("en", "zh"):
        schema = build_answers_schema(catalog(), Messages(language))
        for entry in ANSWER_KEYS:
            place = schema
            for part in entry.key.split("."):
                place = place["properties"][part]
            assert place["title"] == entry.help.to(language)
            assert bool(place.get("description")) == bool(entry.question or entry.choices)


def test_the_answers_of_a_new_project_are_valid(tmp_path: Path) -> None:
    for domain, kit in catalog().kits.items():
        run = run_newft("new", domain, "--domain", domain, "--gpu", "cpu", "--yes", cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        text = (tmp_path / domain / ".newft/answers.yml").read_text(encoding="utf-8")
        assert [*validator().iter_errors(yaml.safe_load(text))] == []
        assert yaml.safe_load(text)["task"] in kit.tasks


@pytest.mark.parametrize(
    "text",
    [
        "domain: leagl",
        "domain: legal\ntask: intent",
        "task: intent\ndata: {columns: {question: a}}",
        "method: [lora]",
        "methd: lora",
        "data: {file: a.csv}",
        "data: {files: [[a]]}",
        "data: records.csv",
        "name: a/b",
        "name: ''",
        "model: acme/own-model",
        "model: Qwen/Qwen3-0.6B\nfamily: smollm2",
        "model: embedded\nhub: modelscope",
        "model: embedded\nrevision: 123",
        "exports: all",
        "language: fr",
        "- domain: legal",
    ],
)
def test_a_faulty_file_is_refused_by_both(text: str, tmp_path: Path) -> None:
    assert [*validator().iter_errors(yaml.safe_load(text))] != []
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    run = run_newft("new", "--answers", "a.yml", "--gpu", "cpu", "--dry-run", cwd=tmp_path)
    assert run.returncode in (1, 2), run.stderr


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "domain:\nlanguage: zh",
        "name: 2024",
        "data: {files: [], columns: {text: message}}\ntask: intent",
        "model: acme/own-model\nfamily: qwen3\nrevision: 0123456",
        "model: .\nfamily: qwen3",
        "exports: llama_factory\nci: github",
    ],
)
def test_a_valid_file_is_accepted_by_both(text: str, tmp_path: Path) -> None:
    assert [*validator().iter_errors(yaml.safe_load(text))] == []
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")  # of the model in this folder
    run = run_newft("new", "--answers", "a.yml", "--gpu", "cpu", "--dry-run", cwd=tmp_path)
    assert run.returncode == 0, run.stderr


@st.composite
def answer_files(draw: st.DrawFn) -> dict[str, Any]:
    """Answers that are right, or wrong in a way that shows without the files that they name."""
    kits = catalog().kits
    domain = draw(st.sampled_from([NOTHING, *kits]))
    tasks = [task for kit in kits.values() for task in kit.tasks]
    own = [*kits[domain].tasks] if domain is not NOTHING else tasks
    task = draw(st.sampled_from([NOTHING, *own]) | st.sampled_from([*own * 3, *tasks]))
    chosen: dict[str, Any] = {"domain": domain, "task": task}
    families = [NOTHING, NOTHING, "qwen3", "smollm2"]
    models = [NOTHING, "embedded", ".", "acme/own", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-1.7B"]
    chosen |= {"model": draw(st.sampled_from(models)), "family": draw(st.sampled_from(families))}
    if chosen["model"] is not NOTHING:  # else they depend on the model that newft chooses
        hubs = [NOTHING, NOTHING, "modelscope", "huggingface", "github"]
        chosen |= {"hub": draw(st.sampled_from(hubs)), "revision": draw(SCALARS)}
    for key in ("language", "method", "exports", "ci"):
        schema = validator().schema["properties"][key]  # type: ignore[index]
        several = [["axolotl"], ["axolotl", "none"], ["none"], []] if key == "exports" else []
        values = schema["anyOf"][-1]["enum"] if several else schema["enum"]
        chosen[key] = draw(st.sampled_from([*values, *several, NOTHING]) | SCALARS)
    chosen["name"] = draw(
        st.sampled_from(["desk", "客服 2", "-a", "a.b", "a ", "x" * 41]) | SCALARS
    )
    chosen[draw(st.sampled_from(["lang", "Domain", "gpu "]))] = draw(SCALARS)
    files = draw(st.sampled_from([*LEFT_OUT, None, [], [""], [None], [["a"]], ""]))
    data: dict[str, Any] = {"files": files, "file": draw(SCALARS)}
    if chosen["task"] in kits["customer_service"].tasks and domain is not NOTHING:
        data["columns"] = draw(
            st.sampled_from([*LEFT_OUT, {}, {"sum": "a"}, {"label": ["a"]}, "a"])
        )
    chosen["data"] = {key: value for key, value in data.items() if value is not NOTHING}
    return {key: value for key, value in chosen.items() if value is not NOTHING}


@settings(max_examples=300)
@given(answer_files())
def test_schema_and_parser_agree(answers: dict[str, Any]) -> None:
    answers = {"gpu": "1x24GB", **answers}
    text = yaml.safe_dump(answers, allow_unicode=True)
    errors = [error.message for error in validator().iter_errors(answers)]
    assert accepts(text) == (not errors), errors


BANK = REPOSITORY / "tests/cases/kits/bank"


@cache
def bank() -> tuple[Catalog, Services]:
    """The catalogue for a kit with locks, presets, a policy and questions with conditions."""
    with tempfile.TemporaryDirectory() as scratch:
        known = resolve_kit(str(BANK), catalog(), KitLocator(Path(scratch)))
    return known, build_services(known, machine=None)


@st.composite
def bank_answers(draw: st.DrawFn) -> dict[str, Any]:
    """Answers for the bank, right or wrong."""

    def choose(*values: Any) -> Any:
        return draw(st.sampled_from([*[NOTHING] * len(values), *values]))

    some = ["RISK-07"] * 6
    kit = {
        "owner": draw(st.sampled_from([*some, "risk-07", "", None, NOTHING, ["RISK-07"]])),
        "classification": choose("internal", "confidential", "secret", None, ["internal"]),
        "approval": draw(
            st.sampled_from(["MRM-0042", "MRM-0042", "42", NOTHING, None, "x" * 2001])
        ),
        draw(st.sampled_from(["owner_", *["classification"] * 6])): "internal",
    }
    given = {
        "family": choose("qwen3", "qwen3", "smollm2", "glm4"),
        "method": choose("lora", "lora", "full"),
        "hub": choose("modelscope", "modelscope", "huggingface"),
        "model": choose(*["Qwen/Qwen3-0.6B"] * 4, "embedded", "THUDM/x", "zai-org/GLM-4-9B-0414"),
        "domain": choose("credit_risk", "credit_risk", "legal"),
        "language": choose("en", "zh"),
        "kit": {"answers": {key: value for key, value in kit.items() if value is not NOTHING}},
    }
    return {key: value for key, value in given.items() if value is not NOTHING}


@settings(max_examples=80)
@given(bank_answers())
def test_schema_and_parser_agree_on_a_kit(answers: dict[str, Any]) -> None:
    known, services = bank()
    schema = build_answers_schema(known, Messages("en"))
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(answers)]
    assert known.starter_kit
    try:
        read = parse_answers_yaml("a.yml", yaml.safe_dump(answers, allow_unicode=True))
        start = WizardState(known, apply_kit(read, known.starter_kit))
        plan_project(fill_defaults(start, services))
    except NewftError as error:
        assert errors, error
    else:
        assert errors == []


TEMPLATE_ANSWERS: dict[str, dict[str, list[Any]]] = {
    "docs_ci": {
        "ci": ["github", "none"],
        "chapters": ["[install]", "operate", ("a", "b")],
        "pythons": [("3.11",), "3.13", ("3.11", "3.13")],
    },
    "legacy": {"deploy": ["false", "yes", "True"], "retries": ["0"], "password": ["hidden"]},
    "python_service": {
        "docker": ["false", "no", "0", "on"],
        "port": ["9000"],
        "base_image": ["python:3.13"],
        "team": ["cards"],
        "project_name": ["other"],
    },
    "release_form": {
        "environment": ["production"],
        "regions": [("us", "ap"), "us"],
        "threshold": ["0.25", "1"],
        "limits": ['{"requests": 5}', "[1]"],
        "model_card": ["card.md"],
        "token": ["hidden"],
    },
}


@cache
def template_kit(name: str) -> tuple[Catalog, Services, Draft202012Validator]:
    """The catalogue for a copier template, and its schema."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = str(TEMPLATES / name)
        known = resolve_kit(folder, catalog(), KitLocator(Path(scratch)))
    schema = build_answers_schema(known, Messages("en"))
    Draft202012Validator.check_schema(schema)
    return known, build_services(known, machine=None), Draft202012Validator(schema)


@st.composite
def template_answers(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A template, and answers to some of its questions."""
    name = draw(st.sampled_from(sorted(TEMPLATE_ANSWERS)))
    given = {} if name != "release_form" else {"ticket": "CHG-7"}
    for question, values in TEMPLATE_ANSWERS[name].items():
        if draw(st.booleans()):
            given[question] = draw(st.sampled_from(values))
    return name, {f"kit.answers.{key}": value for key, value in given.items()}


@settings(max_examples=15)  # of few choices, and each plans a project
@given(template_answers())
def test_the_recorded_answers_of_a_template_are_valid(made: tuple[str, dict[str, Any]]) -> None:
    name, given = made
    known, services, schema = template_kit(name)
    kit = known.starter_kit
    start = WizardState(known, apply_kit({"gpu": "cpu", "model": "embedded", **given}, kit))
    answers = drop_secret_answers(fill_defaults(start, services).answers, kit)
    recorded = yaml.safe_load(format_answers_yaml(answers))
    assert [error.message for error in schema.iter_errors(recorded)] == []


@pytest.mark.parametrize(
    ("name", "answers", "valid"),
    [
        ("python_service", {"docker": False}, True),
        ("python_service", {"docker": "maybe"}, False),
        ("python_service", {"team": "sales"}, False),
        ("release_form", {"ticket": "CHG-7", "regions": ["mars"]}, False),
        ("release_form", {}, False),
        ("release_form", {"ticket": "CHG-7"}, True),
        ("python_service", {"docker": "no", "port": 9000}, True),
    ],
)
def test_the_schema_of_a_template(name: str, answers: dict[str, Any], *, valid: bool) -> None:
    errors = [*template_kit(name)[2].iter_errors({"kit": {"answers": answers}})]
    assert (errors == []) == valid


def test_the_schema_of_a_kit_says_what_it_decides(tmp_path: Path) -> None:
    run = run_newft("schema", "--kit", str(BANK), cwd=tmp_path)
    schema = json.loads(run.stdout)
    Draft202012Validator.check_schema(schema)
    properties = schema["properties"]
    assert properties["gpu"]["default"] == "1x24GB"
    assert properties["method"]["const"] == "lora"
    assert properties["hub"]["enum"] == ["modelscope", None]
    assert properties["domain"]["enum"] == ["credit_risk", None]
    allowed = {spec.hub_id for spec in catalog().families["qwen3"].sizes}
    assert {*properties["model"]["enum"]} == {*allowed, None}
    assert properties["kit"]["properties"]["answers"]["required"] == ["owner"]
    for file in sorted(BANK.glob("tests/*.yml")):
        answers = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert [*Draft202012Validator(schema).iter_errors(answers)] == []


def test_a_locked_list_of_one_may_be_written_without_a_list(tmp_path: Path) -> None:
    manifest = "title: House\nextends: credit_risk\nlocked: {data.positive: [bad]}\n"
    (tmp_path / "kit.yaml").write_text(manifest, encoding="utf-8")
    known = resolve_kit(str(tmp_path), catalog(), KitLocator(tmp_path))
    schema = Draft202012Validator(build_answers_schema(known, Messages("en")))
    found = [schema.is_valid({"data": {"positive": one}}) for one in (["bad"], "bad", "good", [])]
    assert found == [True, True, False, False]


def test_the_schema_of_a_domain_has_its_tasks_alone(tmp_path: Path) -> None:
    run = run_newft("schema", "--domain", "legal", "--lang", "zh", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    schema = json.loads(run.stdout)
    assert schema["properties"]["domain"]["enum"] == ["legal", None]
    assert schema["properties"]["task"]["enum"] == [*catalog().kits["legal"].tasks, None]
    assert schema["title"] == "newft 的答案"
    unknown = run_newft("schema", "--domain", "leagl", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "`legal`" in unknown.stderr
