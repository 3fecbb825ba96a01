"""Commands of projects in processes that have the slow libraries loaded already.

A server loads them once and forks for each command: the command is a process of its own, with its
own folder, environment, streams and end, and starts in milliseconds rather than in three seconds.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import NoReturn, TextIO

LIBRARIES = (
    "torch", "peft", "transformers.models.llama.modeling_llama", "sklearn.linear_model",
    "sklearn.feature_extraction.text", "sklearn.pipeline", "pydantic.main", "yaml", "tqdm",
    "transformers.trainer", "uniplot", "wcwidth", "orjson", "zoneinfo",
)  # fmt: skip
LONGEST_REQUEST = 1 << 20  # bytes
LONGEST_ANSWER = 16


class WarmProcess:
    """A command that was started: what tests use of `subprocess.Popen`."""

    def __init__(self, server: socket.socket, pid: int) -> None:
        self._server, self.pid = server, pid
        self.returncode: int | None = None
        self.stdout: TextIO | None = None
        self.stderr: TextIO | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._ask(os.WNOHANG)

    def wait(self) -> int | None:
        """Wait for the end, and return the exit code."""
        return self._ask(0)

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self) -> tuple[str, str]:
        """Read both streams to their ends, and wait for the end."""
        assert self.stdout and self.stderr
        with ThreadPoolExecutor(1) as aside, self.stdout, self.stderr:
            complained = aside.submit(self.stderr.read)
            said = self.stdout.read()
        self.wait()
        return said, complained.result()

    def _ask(self, options: int) -> int | None:
        if self.returncode is None:
            self._server.send(json.dumps({"pid": self.pid, "options": options}).encode())
            answer = json.loads(self._server.recv(LONGEST_ANSWER))
            self.returncode = answer
        return self.returncode


def run_warm(
    module: str,
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    stdin: bytes = b"",
    further: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `python -m MODULE WORDS` in a folder, with the libraries loaded; `stdin` fits a pipe.

    `further` is a folder with libraries that not every project has installed.
    """
    reads, writes = os.pipe()
    os.write(writes, stdin)
    os.close(writes)
    with os.fdopen(reads) as typed, TemporaryFile() as out, TemporaryFile() as err:
        streams = [file.fileno() for file in (typed, out, err)]
        process = start_warm(module, words, folder, environment, streams, further)
        code = process.wait()
        for file in (out, err):
            file.seek(0)
        said, complained = out.read().decode(), err.read().decode()
    assert code is not None
    return subprocess.CompletedProcess([module, *words], code, said, complained)


def start_warm(
    module: str,
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    streams: Sequence[int],
    further: Path | None = None,
) -> WarmProcess:
    """Start the same in a session of its own, with three open files as its streams."""
    request = {"module": module, "words": words, "folder": str(folder), "env": {**environment}}
    server = _start_server(further)
    socket.send_fds(server, [json.dumps(request).encode()], streams)
    return WarmProcess(server, json.loads(server.recv(LONGEST_ANSWER)))


def start_with_pipes(
    module: str,
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    further: Path | None = None,
) -> WarmProcess:
    """Start the same with nothing to read, and with pipes for what it writes."""
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    with Path(os.devnull).open() as nothing, os.fdopen(out_end, "w"), os.fdopen(err_end, "w"):
        streams = [nothing.fileno(), out_end, err_end]
        process = start_warm(module, words, folder, environment, streams, further)
    process.stdout = os.fdopen(out, encoding="utf-8")
    process.stderr = os.fdopen(err, encoding="utf-8")
    return process


@cache
def _start_server(further: Path | None) -> socket.socket:
    """Start the server of this process; it ends with it.

    Libraries look for others when they are loaded: those that find more need a server of their own.
    """
    path = {"PYTHONPATH": str(further)} if further else {}
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, "-P", __file__, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"} | path,
        stdin=subprocess.DEVNULL,
    )
    theirs.close()

    def stop() -> None:
        ours.close()
        process.wait()

    atexit.register(stop)
    return ours


def _serve(requests: socket.socket) -> None:
    """Fork for each command, and tell how one ended; in the child, become the command."""
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()  # a child that looked through all of this for garbage would copy it first
    while True:
        data, files, _, _ = socket.recv_fds(requests, LONGEST_REQUEST, 3)
        if not data:
            return
        request = json.loads(data)
        if "pid" in request:
            ended, status = os.waitpid(request["pid"], request["options"])
            answer = os.waitstatus_to_exitcode(status) if ended else None
        elif not (answer := os.fork()):
            requests.close()
            os.setsid()
            _become(request, files)
            return
        for file in files:
            os.close(file)
        requests.send(json.dumps(answer).encode())


def _become(request: Mapping[str, object], files: Sequence[int]) -> None:
    """Run the module as the main program of this process."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    environment = dict(request["env"])
    os.chdir(str(request["folder"]))
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = ["", *environment.get("PYTHONPATH", "").split(os.pathsep)]
    sys.argv = ["", *request["words"]]
    try:
        runpy.run_module(str(request["module"]), run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = _tell(end)
    except BaseException:
        traceback.print_exc()
        code = 1
    _leave(code)


def _tell(end: SystemExit) -> int:
    """The exit code of a program that ended so; what is no code it prints, as Python does."""
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    sys.stderr.write(f"{end.code}\n")
    return 1


def _leave(code: int) -> NoReturn:
    """End as Python does, but leave the libraries to the system: to take them apart takes 2 s."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code & 0xFF)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
