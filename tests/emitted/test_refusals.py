"""Bad input to an emitted project: what is wrong, what to do, and nothing half-written."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.emitted_project import Desk
from support.files import mount_tmpfs
from support.run_newft import plain_environment, run_newft
from support.warm_process import run_warm

pytestmark = pytest.mark.slow

Change = Callable[[Desk], None]
SAVE_AS = "save it as UTF-8 (in Excel: CSV UTF-8)"
AS_GENERATED = "the file as it was generated: tar -xOf .newft/snapshot.tar config/run.yaml"
AS_TEXT = "YAML reads 1e-4 as text: write 1.0e-4, and write numbers without quotes"


def refused(desk: Desk, error: str, hint: str, *words: str) -> None:
    """The command ends with this message, and every file is as it was."""
    before = desk.contents()
    run = desk.run(*words)
    said = f"error: {error}\n" + (f"\nhint: {hint}\n" if hint else "")
    assert (run.stdout, run.stderr) == ("", said)
    assert run.returncode == 1
    assert desk.contents() == before


def edited(**values: str) -> Change:
    """A change of run.yaml: the value, or with a trailing `:` the key, of some keys."""

    def change(desk: Desk) -> None:
        path = desk.folder / "config" / "run.yaml"
        text = path.read_text(encoding="utf-8")
        for key, value in values.items():
            line = value if ":" in value else f"{key}: {value}"
            text, count = re.subn(rf"(?m)^( *){key}:.*$", rf"\g<1>{line}", text, count=1)
            assert count == 1
        path.write_text(text, encoding="utf-8")

    return change


def written(name: str, content: bytes) -> Change:
    def change(desk: Desk) -> None:
        (desk.folder / name).write_bytes(content)

    return change


def without(name: str) -> Change:
    return lambda desk: (desk.folder / name).unlink()


# --- config/run.yaml -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "faults", "hint"),
    [
        (
            edited(learning_rate="1e-4"),
            {"learning_rate: 1e-4": "training.learning_rate is '1e-4' (text), not a number"},
            AS_TEXT,
        ),
        (
            edited(seed="seed: 1\n  seed: 2", rank="rnak: 8", epochs="0", precision="fp8"),
            {
                "seed: 2": "`run.seed` is given twice",
                "precision: fp8": (
                    "model.precision is 'fp8': it must be one of: auto, fp32, bf16, fp16"
                ),
                "rnak: 8": "method.rnak is not a key; the nearest is rank",
                "epochs: 0": "training.epochs is 0: it must be 1 or greater",
            },
            AS_GENERATED,
        ),
        (
            edited(out_of_scope="moon"),
            {"task:": "task: out_of_scope is moon, which is not one of task.labels"},
            AS_GENERATED,
        ),
        (
            edited(test_fraction="0.95"),
            {"data:": "data: validation_fraction and test_fraction leave no rows for training"},
            AS_GENERATED,
        ),
        (
            edited(warmup_ratio=".nan"),
            {"warmup_ratio: .nan": "training.warmup_ratio is nan: it must be a finite number"},
            AS_GENERATED,
        ),
        (
            edited(system="yes"),
            {"system: yes": "task.system is True, which is not text"},
            "YAML does not read yes, no, null and 12 as text: put them in quotes",
        ),
        (
            edited(training="training: 3\nfoo:"),
            {"training: 3": "training holds no keys", "foo:": "foo is not a key"},
            AS_GENERATED,
        ),
        (
            edited(name="name: [a"),
            {"seed: 42": "invalid YAML: expected ',' or ']', but got '?'"},
            AS_GENERATED,
        ),
    ],
    ids=["1e-4", "several", "scope", "shares", "nan", "yes", "section", "broken"],
)
def test_every_fault_of_run_yaml_has_its_line(
    desk: Desk, change: Change, faults: dict[str, str], hint: str
) -> None:
    change(desk)
    path = desk.folder / "config" / "run.yaml"
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    listed = [f"config/run.yaml:{lines.index(line) + 1}: {fault}" for line, fault in faults.items()]
    refused(desk, "\n".join(listed), hint, "prepare")


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (
            ["--set", "training.learning_rate=1e-4"],
            "--set training.learning_rate is '1e-4' (text), not a number",
            AS_TEXT,
        ),
        (
            ["--set", "training.epoch=1"],
            "--set training.epoch is not a key; the nearest is epochs",
            "",
        ),
        (
            ["--set", "training.epochs"],
            "--set training.epochs does not match a key of run.yaml",
            "the form is --set run.seed=7",
        ),
        (
            ["--set", "run.name=["],
            "--set run.name: invalid YAML: expected the node content, but found '<stream end>'",
            "put the value in quotes",
        ),
        (["--config", "no.yaml"], "no.yaml is missing", "run this command in the project folder"),
        (["--config", "empty"], "empty has no sections", AS_GENERATED),
        (
            ["--config", "src"],
            "src: Is a directory",
            "check the path, its permissions and the free disk space",
        ),
    ],
    ids=lambda value: value[1] if isinstance(value, list) else "",
)
def test_a_wrong_option_is_blamed_itself(
    desk: Desk, words: list[str], error: str, hint: str
) -> None:
    (desk.folder / "empty").touch()
    refused(desk, error, hint, "prepare", *words)


# --- records -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "hint"),
    [
        (
            without("data/raw/t.csv"),
            "data/raw/t.csv: there is no such file or folder",
            "check the path",
        ),
        (
            written("data/raw/t.csv", bytes(range(256)) * 9),
            "data/raw/t.csv: this is a binary file, not text",
            SAVE_AS,
        ),
        (
            written("data/raw/t.csv", b"Body,Cause\na,b\n"),
            "data/raw/t.csv has no column for label; it has: Body, Cause",
            "set data.columns.label in config/run.yaml to its column",
        ),
        (
            edited(label="lable: [Reason]"),
            "data.columns.lable is not a field of this task; the nearest is label",
            "the fields are text, label, group, split; formatting.py may add more",
        ),
        (
            written("data/raw/t.csv", b"Body,Reason\n,refund\nhello,\nbye,moon\n"),
            "train would have no rows; rejected rows:\n"
            "          1 empty_input    no text\n"
            "          1 empty_label    no label\n"
            "          1 unknown_label  label not on the list of labels: moon (1)",
            "2 of 3 rows are rejected because of label: is Reason the column of data.columns.label,"
            " and are its values in task.labels?",
        ),
    ],
    ids=["missing", "binary", "column", "key", "nothing"],
)
def test_records_that_cannot_be_formatted_leave_the_old_rows(
    ready: Desk, change: Change, error: str, hint: str
) -> None:
    change(ready)
    refused(ready, error, hint, "prepare")


def test_a_full_disk_leaves_the_old_rows(ready: Desk) -> None:
    data = ready.folder / "data"
    shutil.copytree(data, ready.folder / "kept")
    page = 4096
    files = (path for path in data.rglob("*") if path.is_file())
    used = sum(-(-path.stat().st_size // page) for path in files)
    if mount_tmpfs(f"size={(used + 2) * page}", data).returncode:  # the old rows, and little more
        pytest.skip("this user may not mount a disk")
    try:
        shutil.copytree(ready.folder / "kept", data, dirs_exist_ok=True)
        hint = "check the path, its permissions and the free disk space"
        refused(ready, "the disk is full", hint, "prepare")
    finally:
        subprocess.run(["umount", data], check=True)


def test_one_process_at_a_time_formats(ready: Desk) -> None:
    holder = (
        "import fcntl, sys\nf = open('data/.lock', 'w')\nfcntl.flock(f, 2)\nprint(flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", f"{holder}sys.stdin.read()"],
        cwd=ready.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout and other.stdout.readline()
        refused(ready, "another process is using data", "wait until it has finished", "prepare")
        other.communicate()
    assert ready.run("prepare").returncode == 0


# --- the order of the commands -------------------------------------------------------------------


@pytest.mark.parametrize("module", ["check", "train", "evaluate"])
def test_before_data_comes_data(fresh: Desk, module: str) -> None:
    refused(fresh, "data/processed has no complete rows", "run `make data` first", module)


@pytest.mark.parametrize(("module", "words"), [("evaluate", []), ("chat", ["--once", "hello"])])
def test_before_using_a_model_comes_training(
    formatted: Desk, module: str, words: list[str]
) -> None:
    error = "training of runs/intent-lora has not finished"
    refused(formatted, error, "run `make train` first", module, *words)


def test_rows_of_other_settings_are_not_trained_on(ready: Desk) -> None:
    edited(system="Say what it is about.", test_fraction="0.3")(ready)
    error = "data/processed was generated with other settings: data.test_fraction, task.system"
    refused(ready, error, "run `make data` again", "train")


@pytest.mark.parametrize("module", ["check", "train"])
def test_rows_of_other_files_are_not_trained_on(ready: Desk, module: str) -> None:
    written("data/raw/t.csv", b"Body,Reason\nelse,refund\n")(ready)
    rule = ready.folder / "src" / "desk" / "formatting.py"
    rule.write_text(rule.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    error = "modified since data/processed was generated: data/raw/t.csv, formatting.py"
    refused(ready, error, "run `make data` again", module)


def test_who_has_only_the_formatted_rows_can_train(ready: Desk) -> None:
    shutil.rmtree(ready.folder / "data" / "raw")
    assert ready.run("train", "--dry-run").returncode == 0


CHANGED = "modified since `make data` wrote them: data/processed/train.jsonl"
MAKE_AGAIN = "correct the records in data/raw, or formatting.py; then run `make data` again"


@pytest.mark.parametrize("content", [b'{"messages": []}\nno json\n', b""])
def test_a_damaged_split_is_named(ready: Desk, content: bytes) -> None:
    written("data/processed/train.jsonl", content)(ready)
    refused(ready, CHANGED, MAKE_AGAIN, "train")


# --- models --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (lambda tiny: (tiny / "model.safetensors").unlink(), ["model.safetensors is missing"]),
        (
            lambda tiny: [(tiny / name).unlink() for name in ("config.json", "tokenizer.json")],
            [
                "config.json is missing",
                "tokenizer.json (or tokenizer.model, or vocab.json with merges.txt) is missing",
            ],
        ),
        (
            lambda tiny: (tiny / "model.safetensors").write_bytes(b"version https://git-lfs\n"),
            ["model.safetensors is incomplete, or a Git LFS pointer instead of the weights"],
        ),
        (lambda tiny: (tiny / "config.json").write_text("{"), ["config.json is not JSON"]),
        (lambda tiny: (tiny / "tokenizer.json").write_text("{"), ["tokenizer.json is not JSON"]),
    ],
    ids=["weights", "several", "pointer", "config", "tokenizer"],
)
def test_a_model_folder_that_is_not_whole_is_named(
    ready: Desk, tmp_path: Path, change: Callable[[Path], object], faults: list[str]
) -> None:
    tiny = tmp_path / "half"
    config = (ready.folder / "config" / "run.yaml").read_text(encoding="utf-8")
    (model,) = re.findall(r"(?m)^  id: (.*)$", config)
    shutil.copytree(model.strip('"'), tiny)
    change(tiny)
    hint = (
        "copy the folder again from its source; it must hold config.json, the files of the"
        " tokenizer and every *.safetensors file"
    )
    listed = "".join(f"\n  {fault}" for fault in faults)
    error = f"the model in {tiny} is incomplete:{listed}"
    refused(ready, error, hint, "train", "--set", f"model.id={tiny}")


# --- training ------------------------------------------------------------------------------------


def test_a_question_in_another_encoding_is_refused(ready: Desk) -> None:
    edited(epochs="1")(ready)
    assert ready.run("train").returncode == 0
    error = "the question is not UTF-8"
    hint = "convert it, as by: iconv -f GB18030 -t UTF-8"
    refused(ready, error, hint, "chat", "--once", "caf\udce9")
    asked = "退款\n".encode("gb18030")
    run = run_warm("desk.chat", [], ready.folder, ready.environment, stdin=asked)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == f"error: {error}\n\nhint: {hint}\n"


def test_a_loss_that_is_no_number_ends_the_run_unfinished(ready: Desk) -> None:
    sets = ("method.alpha=1000000000000", "training.max_grad_norm=1.0e+30",
            "training.learning_rate=0.99", "training.epochs=9", "model.precision=fp32",
            "model.attention=sdpa")  # fmt: skip
    run = ready.run("train", *(word for value in sets for word in ("--set", value)))
    assert run.returncode == 1
    assert re.search(  # transformers may have a remark before it
        r"^error: the loss is (nan|inf) at step \d+\n\nhint: set model\.precision to bf16 or fp32,"
        r" or lower training\.learning_rate\n\Z",
        run.stderr,
        re.MULTILINE,
    )
    assert not (ready.folder / "runs" / "intent-lora" / "result.json").exists()


def test_a_second_training_in_the_same_folder_is_refused_and_ctrl_c_ends_the_first(
    ready: Desk,
) -> None:
    words = ("train", "--set", "training.epochs=20000")  # outlasts the start of a second
    first = ready.start(*words)
    assert first.stdout and first.stderr
    for line in first.stdout:
        if line.startswith("training into"):
            break
    second = ready.run(*words)
    first.send_signal(signal.SIGINT)
    _, stderr = first.communicate()
    assert (second.returncode, second.stderr) == (
        1,
        "error: another process is using runs/intent-lora\n\nhint: wait until it has finished\n",
    )
    assert (first.returncode, stderr) == (130, "interrupted\n")


def test_a_trained_run_is_only_judged_on_the_rows_it_began_with(ready: Desk) -> None:
    assert ready.run("train", "--set", "training.epochs=1").returncode == 0
    with (ready.folder / "data" / "raw" / "t.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{number} times I asked about {number},refund\n" for number in "abcdefgh")
    assert ready.run("prepare").returncode == 0
    error = "data/processed has changed since runs/intent-lora was started"
    hint = "set another run.name in config/run.yaml and train, or delete runs/intent-lora"
    for module in ("train", "evaluate"):
        refused(ready, error, hint, module, "--set", "training.epochs=1")


def test_a_run_goes_on_with_its_own_settings_only(ready: Desk) -> None:
    assert ready.run("train", "--set", "training.epochs=1").returncode == 0
    error = "runs/intent-lora was trained with other settings: training.epochs"
    hint = "set another run.name in config/run.yaml, or delete runs/intent-lora to train it again"
    refused(ready, error, hint, "train")


def test_a_disk_that_fills_while_training_is_named_and_the_run_goes_on_afterwards(
    ready: Desk,
) -> None:
    runs = ready.folder / "runs"
    runs.mkdir()
    if mount_tmpfs("size=300k", runs).returncode:
        pytest.skip("this user may not mount a disk")
    try:
        run = ready.run("train")
        assert run.returncode == 1
        assert run.stderr.endswith(
            "error: the disk of runs/intent-lora is full\n\n"
            "hint: free disk space; then `make train` resumes from the last complete checkpoint\n"
        )
        assert "Traceback" not in run.stderr
        subprocess.run(["mount", "-o", "remount,size=64m", runs], check=True)
        assert ready.run("train").returncode == 0
    finally:
        subprocess.run(["umount", runs], check=True)


def test_ctrl_c_while_libraries_load_ends_without_a_traceback(ready: Desk) -> None:
    loading = ready.start_cold("train")
    maps = Path(f"/proc/{loading.pid}/maps")
    if not maps.exists():
        pytest.skip("this system does not tell what a process has loaded")
    while "libtorch" not in maps.read_text():
        time.sleep(0.01)
    loading.send_signal(signal.SIGINT)
    assert loading.communicate(timeout=60) == ("", "")
    assert loading.returncode == -signal.SIGINT


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["客服 助手", "2 desks"])
def test_a_project_of_any_allowed_name_formats_its_rows(name: str, tmp_path: Path) -> None:
    run = run_newft("new", "--yes", "--gpu", "cpu", "--name", name, "--json", cwd=tmp_path)
    assert run.returncode == 0
    (package,) = [path.name for path in (tmp_path / name / "src").iterdir()]
    run = subprocess.run(
        ["make", "data", "VENV=venv"],
        cwd=with_python(tmp_path / name),
        env=plain_environment(tmp_path) | {"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert f"-m {package}.prepare" in run.stdout
    assert (tmp_path / name / "data" / "processed" / "train.jsonl").is_file()


def with_python(folder: Path) -> Path:
    """The folder, with this interpreter where its own environment would be."""
    (folder / "venv" / "bin").mkdir(parents=True)
    python = folder / "venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return folder
