"""Find the answers from which a project would be rendered most alike.

What a project says of itself is taken as it is. Every other answer is tried with each of its
values, one answer after the other, and the value whose rendered tree has most lines in common with
the project is kept; of equally good values the first one. If hardly any line is equal, they take
their defaults.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from newft.answers.guess import HardwareHint
from newft.answers.keys import NO_CHOICE, POSITIVE_KEY, RawAnswers, find_answer_key
from newft.answers.parse import build_answers
from newft.catalog.lookup import find_family
from newft.errors import NewftError
from newft.project.likeness import Likeness, ProjectLines
from newft.project.render import drop_secrets, render_tree
from newft.project.snapshot import load_rendered_tree
from newft.schema.answers import Answers
from newft.schema.catalog import Catalog
from newft.schema.dataset import Facts
from newft.schema.family import GENERIC_FAMILY
from newft.schema.tree import FileTree
from newft.wizard.default_answers import fill_defaults
from newft.wizard.project_plan import collect_facts, plan_project
from newft.wizard.state import Services, WizardState, list_open_tasks

_MIN_SHARE = 0.1  # of the rendered lines: below it, which lines are equal says nothing
_FIXED_KEYS = ("exports", "ci")  # with the choices of the table of answer keys


class Candidate(NamedTuple):
    """Complete answers, and what is rendered from them."""

    answers: RawAnswers
    recorded: Answers  # the same without those that are secret
    facts: Facts
    tree: FileTree
    templates: str  # digest of the templates of the tree
    likeness: Likeness


class Comparison(NamedTuple):
    """An answer that was chosen because its tree is most like the project."""

    answers: RawAnswers  # empty: the default
    share: float  # of the rendered lines that the project has
    next_share: float | None  # with the best other value; None: no other value is possible


class Adoption(NamedTuple):
    """The best candidate, and the comparisons that led to it."""

    best: Candidate
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True)
class Evidence:
    """What is known of a project beside its answers."""

    hardware: HardwareHint | None = None
    readme: str = ""
    found: RawAnswers = field(default_factory=dict)  # tried only where the default differs


def find_best_answers(
    start: WizardState, services: Services, project: ProjectLines, evidence: Evidence
) -> Adoption:
    """Return the most alike candidate; raise the error of the first one if none is possible."""
    provisional = {"gpu": _list_hardware(evidence, start.catalog)[0]}
    search = _Search(start, services, project, provisional)
    axes = list(_list_axes(start, evidence))
    impossible = [axis for axis in axes if not search.choose(axis)]
    for axis in impossible:  # an answer that was chosen later may have made it possible
        search.choose(axis)
    return search.finish()


@dataclass
class _Search:
    start: WizardState
    services: Services
    project: ProjectLines
    provisional: RawAnswers  # until they are chosen
    chosen: RawAnswers = field(default_factory=dict)
    comparisons: list[Comparison] = field(default_factory=list)
    outcomes: dict[str, Candidate | NewftError] = field(default_factory=dict)

    def choose(self, alternatives: Sequence[RawAnswers]) -> bool:
        """Keep the alternative that is most like the project; return whether one is possible."""
        possible: list[tuple[Likeness, RawAnswers]] = []
        for alternative in alternatives:
            candidate = self._try(alternative)
            if isinstance(candidate, Candidate):
                if candidate.likeness.share < _MIN_SHARE:
                    return True  # newft did not make the project
                possible.append((candidate.likeness, alternative))
        if not possible:
            return False
        possible.sort(key=lambda pair: -pair[0].score)  # of equal ones the first stays the first
        likeness, best = possible[0]
        others = [other.share for other, _ in possible[1:] if other.score < likeness.score]
        if best or others:
            following = others[0] if others else None
            self.comparisons.append(Comparison(best, likeness.share, following))
        self.chosen = {**self.chosen, **best}
        return True

    def finish(self) -> Adoption:
        """Return the outcome of all choices."""
        best = self._try({})
        if isinstance(best, NewftError):
            raise next(one for one in self.outcomes.values() if isinstance(one, NewftError))
        return Adoption(best, tuple(self.comparisons))

    def _try(self, alternative: RawAnswers) -> Candidate | NewftError:
        answers = {**self.provisional, **self.start.answers, **self.chosen, **alternative}
        key = repr(sorted(answers.items()))
        if key not in self.outcomes:
            try:
                self.outcomes[key] = self._render(answers)
            except NewftError as error:
                self.outcomes[key] = error
        return self.outcomes[key]

    def _render(self, answers: RawAnswers) -> Candidate:
        state = fill_defaults(replace(self.start, answers=answers), self.services)
        with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
            into = Path(scratch).resolve() / "project"
            plan, typed = plan_project(state), build_answers(state.answers)
            templates = render_tree(plan, typed, into).digest
            tree = load_rendered_tree(into)
        return Candidate(
            answers=state.answers,
            recorded=drop_secrets(plan, typed),
            facts=collect_facts(state),
            tree=tree,
            templates=templates,
            likeness=self.project.compare(tree),
        )


def _list_axes(start: WizardState, evidence: Evidence) -> Iterator[Sequence[RawAnswers]]:
    """Yield the values of each answer that is not known, the more telling answers first."""
    answers, catalog = start.answers, start.catalog
    if start.task is None:
        yield [{"domain": kit.id, "task": task} for kit, task in list_open_tasks(start)]
    if "model" in answers and find_family(str(answers["model"]), catalog) is None:
        yield _list_values("family", (*catalog.families, GENERIC_FAMILY), answers)
    yield _list_values("language", ("en", "zh"), answers)
    yield _list_values("gpu", _list_hardware(evidence, catalog), answers)
    yield _list_values("method", catalog.methods, answers)
    for key in _FIXED_KEYS:
        entry = find_answer_key(key)
        assert entry and entry.choices
        if entry.repeatable:
            alone = [(value,) for value in entry.choices]
            together = tuple(value for value in entry.choices if value != NO_CHOICE)
            yield [{}] if key in answers else [{}, *({key: one} for one in (*alone, together))]
        else:
            values = [value for value in entry.choices if value != getattr(Answers, key)]
            yield [{}, *_list_values(key, values, answers)]
    columns = {key: value for key, value in evidence.found.items() if key != POSITIVE_KEY}
    yield [{}, columns]
    yield [{}, {key: value for key, value in evidence.found.items() if key == POSITIVE_KEY}]


def _list_values(key: str, values: Iterable[str], answers: RawAnswers) -> Sequence[RawAnswers]:
    """Return the values to try for an answer; what is known is not tried."""
    return [{}] if key in answers else [{key: value} for value in values]


def _list_hardware(evidence: Evidence, catalog: Catalog) -> list[str]:
    """Return the hardware that run.yaml allows; of several the one that the README names.

    The run.yaml of a project that does not train its model says nothing of it.
    """
    hint = evidence.hardware or _find_named_hardware(evidence.readme, catalog)
    if hint.device == "cpu":
        return ["cpu"]
    same = [one for one in catalog.accelerators.values() if one.kind == hint.device]
    named = [one for one in same if one.title in evidence.readme] or same
    named.sort(key=lambda one: -(one.memory_gb or 0))  # the largest makes most plans possible
    return [f"{hint.processes}x{one.id}" for one in named] or ["cpu"]


def _find_named_hardware(readme: str, catalog: Catalog) -> HardwareHint:
    """Return the kind and number of the accelerators that a README names."""
    for one in catalog.accelerators.values():
        if match := re.search(rf"(?:(\d+) x )?{re.escape(one.title)}\b", readme):
            return HardwareHint(one.kind, int(match[1] or 1))
    return HardwareHint("cpu", 1)
