"""Stand-ins on loopback for the model hubs, a tiny model to serve, and a project's own modules.

The servers answer what the hubs' own clients ask, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from newft.project.layer_files import Layer
from newft.project.template_layers import EMITTED_MODULES, MARKDOWN_MODULE
from support.checkout import DOMAINS, TEMPLATES
from support.example_plan import LORA
from support.layers import compose_layers

NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens
CHAT_TEMPLATE = (
    "{% for message in messages %}<s>{{ message.role }} {{ message.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant {% endif %}"
)

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Repository:
    """A model repository: what each commit holds, what branches and tags point at, who may read."""

    commits: Mapping[str, Files]
    names: Mapping[str, str]
    token: str | None = None

    def commit(self, revision: str) -> str | None:
        return revision if revision in self.commits else self.names.get(revision)


class _Handler(BaseHTTPRequestHandler):
    repositories: Mapping[str, Repository]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer()

    def do_HEAD(self) -> None:
        self.answer()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is the test's."""

    def answer(self) -> None:
        raise NotImplementedError

    def may_read(self, repository: Repository) -> bool:
        return repository.token in (
            None,
            self.headers.get("Authorization", "").removeprefix("Bearer "),
        )

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_json(self, value: object, status: int = 200, **headers: str) -> None:
        self.send(json.dumps(value).encode(), status, Content_Type="application/json", **headers)


class _HuggingFace(_Handler):
    def answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/(revision|tree)/(.+)", path):
            name, what, revision = found.groups()
            file = None
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            name, revision, file = found.groups()
            what = "resolve"
        else:
            return self.send_json({"error": f"no such route: {path}"}, 404)
        if (repository := self.repositories.get(name)) is None:
            # the hub does not tell a stranger which names are private and which are free
            message = "Invalid username or password."
            return self.send_json({"error": message}, 401, X_Error_Message=message)
        if (commit := repository.commit(revision)) is None:
            return self.send_json({"error": "Invalid rev id"}, 404, X_Error_Code="RevisionNotFound")
        if what == "revision":
            return self.send_json({"id": name, "sha": commit, "siblings": []})
        if file is not None:
            return self.send_file(repository, commit, file)
        return self.send_tree(repository.commits[commit])

    def send_tree(self, files: Files) -> None:
        self.send_json(
            [
                {"type": "file", "path": path, "size": len(body), "oid": _etag(body)}
                for path, body in files.items()
            ]
        )

    def send_file(self, repository: Repository, commit: str, file: str) -> None:
        files = repository.commits[commit]
        if not self.may_read(repository):
            return self.send_json({"error": "gated"}, 401, X_Error_Code="GatedRepo")
        if file not in files:
            return self.send_json({"error": "no entry"}, 404, X_Error_Code="EntryNotFound")
        return self.send(files[file], ETag=f'"{_etag(files[file])}"', X_Repo_Commit=commit)


class _ModelScope(_Handler):
    def answer(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        found = re.fullmatch(r"/api/v1/models/([^/]+/[^/]+)/repo(/files)?", url.path)
        repository = self.repositories.get(found[1]) if found else None
        commit = repository.commit(query.get("Revision", "master")) if repository else None
        if found is None or repository is None or commit is None:
            return self.send_json({"Code": 10010205001, "Message": "not found"}, 404)
        if not self.may_read(repository):
            return self.send_json({"Code": 10010101001, "Message": "access denied"}, 403)
        files = repository.commits[commit]
        if found[2]:
            listed = [
                {
                    "Path": path,
                    "Name": Path(path).name,
                    "Type": "blob",
                    "Size": len(body),
                    "Sha256": hashlib.sha256(body).hexdigest(),
                    "Revision": commit,
                }
                for path, body in files.items()
            ]
            return self.send_json({"Code": 200, "Success": True, "Data": {"Files": listed}})
        return self.send(files[query["FilePath"]])


def _etag(body: bytes) -> str:
    return hashlib.sha1(body).hexdigest()


@contextmanager
def hugging_face(repositories: Mapping[str, Repository]) -> Iterator[str]:
    """The address of a server that holds these repositories as Hugging Face does."""
    with _serve(_HuggingFace, repositories) as address:
        yield address


@contextmanager
def model_scope(repositories: Mapping[str, Repository]) -> Iterator[str]:
    """The address of a server that holds these repositories as ModelScope does."""
    with _serve(_ModelScope, repositories) as address:
        yield address


@contextmanager
def _serve(handler: type[_Handler], repositories: Mapping[str, Repository]) -> Iterator[str]:
    bound = type(handler.__name__, (handler,), {"repositories": repositories})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def save_tiny_model(folder: Path, *, shard: str = "1GB") -> Path:
    """A random two-layer llama with a tokenizer and a chat template, as a hub would hold it."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = ["<unk>", "<s>", "</s>", *alphabet]
    tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    wrapped: Any = PreTrainedTokenizerFast
    wrapped(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="</s>",
        chat_template=CHAT_TEMPLATE,
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        bos_token_id=1,
        eos_token_id=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder, max_shard_size=shard)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """The folder's files by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def compose(
    source: str,
    into: Path,
    *,
    package: str = "project",
    batches: str = "padded",
    others: Sequence[str] = (),
) -> Path:
    """A folder to import `package` from: the modules of a project with this source of the model."""
    hub = [] if source in ("embedded", "folder") else ["source/hub"]
    names = (*LORA, "device/cpu", f"batches/{batches}", *hub, f"source/{source}")
    layers = [
        Layer("base", TEMPLATES / "project"),
        *(Layer(name, TEMPLATES / "layers" / name) for name in (*names, *others, "language/en")),
        Layer("task", DOMAINS / "customer_service" / "overlay" / "classification"),
    ]
    compose_layers(layers, package, into, (*EMITTED_MODULES, MARKDOWN_MODULE))
    return into / "src"


class Outcome(NamedTuple):
    """What a source answered: a folder and a revision, or a message and a hint."""

    folder: str | None
    revision: str | None
    message: str = ""
    hint: str = ""


ASK = """
import json, sys
from types import SimpleNamespace
from project.runtime.errors import ProjectError
from project.model.fetch import fetch_model_folder, find_cached_folder
for id, revision in json.loads(sys.argv[1]):
    model = SimpleNamespace(id=id, revision=revision)
    before = find_cached_folder(model)  # must fetch nothing, and never fail
    try:
        path, revision = fetch_model_folder(model)
        outcome = [str(path), revision]
        assert before in (None, path) and find_cached_folder(model) == path, (before, path)
    except ProjectError as error:
        outcome = [None, None, error.message, error.hint]
    print("outcome", json.dumps(outcome))
"""


def ask(composed: Path, *models: tuple[str, str | None], **environment: str) -> list[Outcome]:
    """What the project's source answers for each (id, revision), in a process of its own.

    The hubs' clients read their environment while they are imported.
    """
    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(models)],
        env=clean_environment(**{"PYTHONPATH": str(composed)} | environment),
        cwd=composed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("outcome ")]
    return [Outcome(*json.loads(line.removeprefix("outcome "))) for line in lines]


def clean_environment(**changes: str) -> dict[str, str]:
    """This process's environment without a word about hubs, proxies or caches, then the changes."""
    about = re.compile(r"HF_|HUGGING|MODELSCOPE|XDG_|PYTHON|.*_proxy$", re.IGNORECASE)
    kept = {key: value for key, value in os.environ.items() if not about.match(key)}
    return kept | changes
