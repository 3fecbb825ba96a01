"""Use a copier template as a kit: its questions, and its files by copier's own rendering.

A template is untrusted data. Its tasks and migrations are listed and never run, its extensions are
refused, and reading and rendering it may take only so much time, memory and files.
"""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newft.answers.keys import AnswerValue, RawAnswers
from newft.emitted.normalize import escape_controls
from newft.errors import CatalogError, NewftError, RenderError
from newft.kits.copier_config import check_config, list_migrations
from newft.kits.copier_worker import Evaluation, KitWorker, make_worker
from newft.kits.copier_yaml import find_config_file, read_key_lines
from newft.os_errors import describe_os_error
from newft.schema.starter_kit import AskedQuestion, KitPin, NextSteps
from newft.system.resource_limits import LimitExceededError, limit_resources
from newft.text import Text, to_bilingual_text

QUESTION_SECONDS = 4.0  # of the processor
RENDER_SECONDS = 30.0


class CopierTemplate:
    """A copier template in a folder of checked files; its questions are those of a kit."""

    def __init__(self, folder: Path, pin: KitPin) -> None:
        file = find_config_file(folder)
        if file is None:
            message = Text("the folder has no copier.yml", "文件夹中没有 copier.yml")
            raise CatalogError(message, where=str(folder))
        self.folder, self.file, self.pin = folder, file, pin
        self._lines = read_key_lines(file)
        self._evaluated: tuple[RawAnswers, Evaluation] | None = None
        with self._report(CatalogError, QUESTION_SECONDS):
            # one for all evaluations, as it compiles the texts of the questions only once
            self._worker = make_worker(folder, {})
            config = self._worker.template._raw_config
        check_config(config, file, self._lines)
        self._evaluate({})

    @property
    def questions(self) -> CopierTemplate:
        """The template itself."""
        return self

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The names of the questions whose answers are never recorded."""
        return tuple(name for name, one in self._evaluate({}).items() if one.is_secret)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all questions, in their order."""
        return tuple(self._evaluate({}))

    def describe(self, name: str, answers: RawAnswers) -> AskedQuestion | None:
        """Return a question for the answers so far; None where it does not apply."""
        return self._evaluate(answers)[name].asked

    def find_fault(self, name: str, value: AnswerValue, answers: RawAnswers) -> Text | None:
        """Return why a value is no answer to a question; None if it is."""
        question = self._evaluate(answers)[name]
        with self._report(CatalogError, QUESTION_SECONDS):
            return question.find_fault(value)

    def render(self, answers: RawAnswers, into: str, *, with_secrets: bool) -> tuple[str, ...]:
        """Render the files into an empty folder, with the secrets or with their defaults.

        Returned are the paths of those that `_skip_if_exists` leaves alone where they exist.
        """
        worker = make_worker(self.folder, answers, Path(into))
        worker.pin, worker.strict, worker.with_secrets = self.pin, True, with_secrets
        with self._report(RenderError, RENDER_SECONDS, worker):
            Path(into).mkdir(parents=True)
            worker.run_copy()
            return tuple(path for path in worker.written if worker.match_skip(Path(path)))

    def list_next_steps(self, answers: RawAnswers) -> NextSteps:
        """Return what the template has to say after a project was made."""
        worker = make_worker(self.folder, answers)
        worker.pin, worker.with_secrets = self.pin, False
        with self._report(RenderError, QUESTION_SECONDS, worker):
            worker.evaluate()
            return worker.list_next_steps()

    def list_migrations(self, since: str | None) -> tuple[str, ...]:
        """Return the commands of the template for projects of an earlier revision; none is run."""
        return list_migrations(self._worker.template._raw_config, since, self.pin.revision)

    def _evaluate(self, answers: RawAnswers) -> Evaluation:
        if self._evaluated is None or self._evaluated[0] != answers:
            self._worker.kit_answers = dict(answers)
            with self._report(CatalogError, QUESTION_SECONDS, self._worker):
                self._evaluated = self._worker.kit_answers, self._worker.evaluate()
        return self._evaluated[1]

    @contextmanager
    def _report(
        self, kind: type[NewftError], seconds: float, worker: KitWorker | None = None
    ) -> Iterator[None]:
        """Raise every failure of copier and of the template as an error of newft with its place."""
        try:
            with warnings.catch_warnings(), limit_resources(seconds):
                warnings.simplefilter("ignore")  # such as: designed for an older copier
                yield
        except NewftError as error:
            if error.where is None and worker:
                error.where = self._locate(error, worker)
            raise
        except LimitExceededError as error:
            message = Text("needs too much time or memory", "占用的时间或内存过多")
            raise kind(message, where=self._locate(error, worker)) from error
        except Exception as error:  # a template can raise any exception
            said = _explain(error)
            message = Text(f"the copier template failed: {said.en}", f"copier 模板出错：{said.zh}")
            raise kind(message, where=self._locate(error, worker)) from error

    def _locate(self, error: BaseException, worker: KitWorker | None) -> str:
        """Return the file and the line of a failure, as far as they are known."""
        place = worker.place if worker else ""
        if place in self._lines:
            return f"{self.file}:{self._lines[place]}: {place}"
        path = self.folder / place if place else self.file
        trace = traceback.extract_tb(error.__traceback__)
        frames = [(frame.filename, frame.lineno) for frame in trace]
        named = (str(getattr(error, "filename", "")), getattr(error, "lineno", None))
        lines = [line for name, line in (named, *reversed(frames)) if name == str(path) and line]
        return f"{path}:{lines[0]}" if lines else str(path)


def _explain(error: Exception) -> Text:
    if isinstance(error, OSError):
        return describe_os_error(error)
    said = " ".join(str(error).split()) or type(error).__name__
    return to_bilingual_text(escape_controls(said))
