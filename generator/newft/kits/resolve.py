"""Follow what a kit extends, and merge the kits of the chain from the base to the leaf."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from newft.catalog.loader import load_starter_kit
from newft.decide.kit.kit_rules import override_answers
from newft.errors import CatalogError, UsageError
from newft.kits.chain_faults import (
    add_family,
    find_lock_faults,
    find_policy_contradictions,
    find_question_collisions,
    find_refused_answers,
    find_unknown_names,
    find_unknown_questions,
)
from newft.kits.copier_yaml import find_config_file
from newft.kits.task_changes import change_tasks, find_change_faults
from newft.kits.vendor import pack_kits
from newft.kits.yaml_questions import JoinedQuestions, YamlQuestions
from newft.schema.catalog import Catalog
from newft.schema.kit import Kit, KitQuestion, Lock, Policy
from newft.schema.starter_kit import AnswerTexts, KitTemplate, LocatedKit, LocateKit, StarterKit
from newft.strict_yaml import CatalogFile, Fault
from newft.text import Text, find_nearest_names, join_names, to_bilingual_text

MAX_CHAIN_LENGTH = 3  # kits, without the domain that the first of them extends
MANIFEST = "kit.yaml"


def resolve_kit(
    source: str, catalog: Catalog, locate: LocateKit, *, revision: str | None = None
) -> Catalog:
    """Return the catalogue for the projects of a kit, with the kit itself as its `starter_kit`.

    If the kit builds on a domain or is one, this domain is the only one left.
    """
    located = _follow_chain(locate(source, revision=revision), catalog, locate)
    ids = _name_kits(located)
    kits = []
    extends_template = False
    for one, name in zip(located, ids, strict=True):
        kits.append(_load_kit(one, name, catalog, extends_template=extends_template))
        extends_template = extends_template or find_config_file(Path(one.folder)) is not None
    domain = _merge_domain(kits, catalog)
    kit = _merge_chain(kits, located, domain, catalog)
    domains = {domain.id: domain} if domain else catalog.kits
    return replace(catalog, kits=domains, starter_kit=kit)


def _name_kits(located: Sequence[LocatedKit]) -> list[str]:
    """Return an id for each kit of a chain; a lower kit gives way to one of the same name."""
    names: list[str] = []
    for one in reversed(located):
        name = derive_kit_id(one)
        while name in names:
            name += "_base"
        names.insert(0, name)
    return names


def _load_kit(located: LocatedKit, kit_id: str, catalog: Catalog, *, extends_template: bool) -> Kit:
    folder = Path(located.folder)
    if is_plain_template(folder):
        return Kit(kit_id, to_bilingual_text(kit_id), folder=str(folder))
    return load_starter_kit(folder, kit_id, catalog, extends_template=extends_template)


def is_plain_template(folder: Path) -> bool:
    """Return whether a kit is a copier template that has no kit.yaml beside its copier.yml."""
    return not (folder / MANIFEST).is_file() and find_config_file(folder) is not None


def derive_kit_id(located: LocatedKit) -> str:
    """Return the id of a kit: the last part of its source, as an identifier."""
    name = re.split(r"[/\\:]", re.sub(r"[/\\]+$", "", located.pin.source))[-1]
    name = name.partition("@")[0].partition("#")[0].removesuffix(".git")
    name = Path(located.folder).name if name in ("", ".", "..") else name
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return words if words[:1].isalpha() else f"kit_{words}".rstrip("_")


def _follow_chain(leaf: LocatedKit, catalog: Catalog, locate: LocateKit) -> tuple[LocatedKit, ...]:
    """Return the kits from the base to the leaf."""
    chain = [leaf]
    while (base := _read_extends(Path(chain[-1].folder))) and base not in catalog.kits:
        located = _locate_base(base, chain[-1], catalog, locate)
        if any(_is_same(located, one) for one in chain):
            raise _make_chain_error([*chain, located], _CYCLE_MESSAGE)
        chain.append(located)
        if len(chain) > MAX_CHAIN_LENGTH:
            raise _make_chain_error(chain, _TOO_LONG_MESSAGE)
    return tuple(reversed(chain))


def _locate_base(base: str, parent: LocatedKit, catalog: Catalog, locate: LocateKit) -> LocatedKit:
    """Return the kit that `extends` names; a name that is none is a fault of the kit.yaml."""
    try:
        return locate(base, parent=parent)
    except UsageError as error:
        (en, en_hint), (zh, zh_hint) = error.to("en"), error.to("zh")
        near = find_nearest_names(base, catalog.kits)
        hint = Text(f"did you mean `{near[0]}`?", f"是否想写 `{near[0]}`？") if near else None
        en_hint, zh_hint = hint or (en_hint, zh_hint)
        fault = Fault(
            ("extends",),
            Text(
                "; ".join(filter(None, (f"cannot be found: {en}", en_hint))),
                "；".join(filter(None, (f"找不到：{zh}", zh_hint))),
            ),
        )
        folder, name = Path(parent.folder), derive_kit_id(parent)
        load_starter_kit(folder, name, catalog, extends_template=True, known=[fault])
        raise


_CYCLE_MESSAGE = Text("the kits extend each other in a circle", "套件之间循环扩展")
_TOO_LONG_MESSAGE = Text(
    f"more than {MAX_CHAIN_LENGTH} kits extend each other",
    f"互相扩展的套件超过 {MAX_CHAIN_LENGTH} 个",
)


def _read_extends(folder: Path) -> str | None:
    """Return what a kit extends; any fault of its file is found when it is loaded."""
    if is_plain_template(folder):
        return None
    entry = CatalogFile.read(folder / MANIFEST).document.entries.get(("extends",))
    return entry.text or None if entry and entry.kind == "text" else None


def _is_same(one: LocatedKit, other: LocatedKit) -> bool:
    same_files = one.pin.tree == other.pin.tree and bool(one.pin.tree)
    return same_files or Path(one.folder).resolve() == Path(other.folder).resolve()


def _make_chain_error(chain: Sequence[LocatedKit], message: Text) -> CatalogError:
    steps = " -> ".join(one.pin.source for one in chain)
    hint = Text("change `extends` in one of them", "请修改其中一个的 `extends`")
    return CatalogError(
        Text(f"{message.en}: {steps}", f"{message.zh}：{steps}"),
        where=str(Path(chain[0].folder) / MANIFEST),
        hint=hint,
    )


# --- the domain ----------------------------------------------------------------------------------


def _merge_domain(kits: Sequence[Kit], catalog: Catalog) -> Kit | None:
    """Return the domain of the projects; None for kits that hold for every domain."""
    base = catalog.kits.get(kits[0].extends or "")
    domain, tasks = base, dict(base.tasks) if base else {}
    words = dict(base.words) if base else {}
    plans = [base] if base else []
    for kit in kits:
        _refuse(kit, find_change_faults(tasks, kit))
        tasks = change_tasks(tasks, kit)
        if domain is None and kit.tasks:
            _refuse_name_of_domain(kit, catalog)
            domain = kit
        words |= {one: (*words.get(one, ()), *added) for one, added in kit.words.items()}
        plans.append(kit)
    if domain is None:
        return None
    return replace(_merge_plans(domain, plans), tasks=tasks, words=words)


def _merge_plans(domain: Kit, kits: Sequence[Kit]) -> Kit:
    """Return the domain with what all kits say for PLAN.md; the last one counts."""
    experts = [kit.expert for kit in kits if kit.expert]
    switches = [kit.kill_switch for kit in kits if kit.kill_switch]
    return replace(
        domain,
        expert=experts[-1] if experts else None,
        kill_switch=switches[-1] if switches else None,
        hypotheses={name: one for kit in kits for name, one in kit.hypotheses.items()},
        compliance={name: one for kit in kits for name, one in kit.compliance.items()},
        risks=tuple(risk for kit in kits for risk in kit.risks),
    )


def _refuse_name_of_domain(kit: Kit, catalog: Catalog) -> None:
    if kit.id in catalog.kits:
        message = Text(
            f"makes a domain called `{kit.id}`, as one of newft is: rename the kit, or extend it",
            f"定义的领域与 newft 自带的 `{kit.id}` 同名：请给套件改名，或用 extends 扩展它",
        )
        _refuse(kit, [Fault(("tasks",), message)])


def _refuse(kit: Kit, faults: Iterator[Fault] | Sequence[Fault]) -> None:
    """Raise every fault with its line in the file of the kit, if there is any."""
    if found := [*faults]:
        CatalogFile.read(Path(kit.folder) / MANIFEST).refuse(found)


# --- answers, policy and questions ---------------------------------------------------------------


def _merge_chain(
    kits: Sequence[Kit], located: Sequence[LocatedKit], domain: Kit | None, catalog: Catalog
) -> StarterKit:
    presets: AnswerTexts = {}
    locked: dict[str, Lock] = {}
    questions: dict[str, KitQuestion] = {}
    owners: dict[str, str] = {}  # of the questions
    policy: Policy | None = None
    for kit in kits:
        _refuse(
            kit,
            [
                *find_lock_faults(kit, locked, catalog),
                *find_unknown_names(kit, domain, catalog),
                *find_question_collisions(kit, owners),
            ],
        )
        presets = override_answers(presets, add_family(kit.presets, catalog))
        locked |= {key: lock for key, lock in kit.locked.items() if key not in locked}
        questions |= kit.questions
        owners |= dict.fromkeys(kit.questions, kit.id)
        policy = _merge_policies(kit, policy)
    templates = _load_templates(kits, located, owners)
    parts = [template.questions for template in templates.values()]
    joined = JoinedQuestions((YamlQuestions(questions), *parts)) if questions or parts else None
    for kit in kits:
        _refuse(
            kit,
            [
                *find_unknown_questions(kit, joined.names if joined else ()),
                *find_refused_answers(kit, questions),
                *find_policy_contradictions(kit, policy),
            ],
        )
    if domain:
        locked.setdefault("domain", _lock_domain(domain, kits))
    presets = override_answers(presets, {key: lock.value for key, lock in locked.items()})
    return StarterKit(
        id=kits[-1].id,
        title=kits[-1].title,
        chain=tuple(kits),
        located=tuple(located),
        domain=domain.id if domain else None,
        presets={key: value for key, value in presets.items() if key not in locked},
        locked=locked,
        policy=policy,
        questions=joined,
        templates=templates,
        archive=pack_kits(located),
    )


def _load_templates(
    kits: Sequence[Kit], located: Sequence[LocatedKit], owners: Mapping[str, str]
) -> dict[str, KitTemplate]:
    """Return the copier templates among the kits, by the id of the kit."""
    templates: dict[str, KitTemplate] = {}
    asked = dict(owners)
    for kit, place in zip(kits, located, strict=True):
        if find_config_file(Path(kit.folder)) is None:
            continue
        from newft.kits.copier_template import CopierTemplate  # copier takes half a second to load

        template = templates[kit.id] = CopierTemplate(Path(kit.folder), place.pin)
        for name in template.questions.names:
            if name in asked:
                message = Text(
                    f"the question `{name}` is one of the kit `{asked[name]}` too",
                    f"问题 `{name}` 与套件 `{asked[name]}` 的问题同名",
                )
                raise CatalogError(message, where=str(template.file))
            asked[name] = kit.id
    return templates


def _lock_domain(domain: Kit, kits: Sequence[Kit]) -> Lock:
    why = Text("the kit is made for this domain", "套件就是为这个领域制作的")
    return Lock(domain.id, why, kits[0].title)


def _merge_policies(kit: Kit, lower: Policy | None) -> Policy | None:
    """Return what both policies allow; what either requires is required."""
    own = kit.policy
    if own is None or lower is None:
        return own or lower
    allowed = {}
    for key in ("families", "licenses", "methods", "hubs"):
        mine, theirs = getattr(own, key), getattr(lower, key)
        allowed[key] = tuple(one for one in mine or theirs if not theirs or one in theirs)
        if (mine or theirs) and not allowed[key]:
            listed = join_names(theirs)
            message = Text(
                f"allows nothing that the kits below allow: {listed.en}",
                f"与下层套件允许的范围没有交集：{listed.zh}",
            )
            _refuse(kit, [Fault(("policy", key), message)])
    files = tuple(dict.fromkeys((*lower.required_files, *own.required_files)))
    return Policy(**allowed, required_files=files)
