"""What the starter kit of a project lets it use, as its `config/policy.yaml` says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from newft.answers.keys import COLUMNS_PREFIX, POSITIVE_KEY
from newft.schema.answers import Answers
from newft.schema.catalog import Catalog
from newft.schema.kit import Lock, Policy
from newft.schema.plan import LockedAnswer, ModelPlan, ProjectPolicy


def make_project_policy(
    answers: Answers, catalog: Catalog, model: ModelPlan
) -> ProjectPolicy | None:
    """Return the policy of a project; None if its starter kit has neither policy nor locks."""
    kit = catalog.starter_kit
    # a kit that is made for a domain locks it; that alone is no policy
    locked = {key: lock for key, lock in kit.locked.items() if key != "domain"} if kit else {}
    if kit is None or not (kit.policy or locked):
        return None
    policy = kit.policy or Policy()
    if "family" in locked:
        policy = replace(policy, families=(str(locked["family"].value),))
    return ProjectPolicy(
        kit=kit.id,
        title=kit.title,
        version=kit.version,
        commit=kit.pin.commit,
        tree=kit.pin.tree,
        families=policy.families,
        models=_list_models(policy, catalog, model),
        licenses=policy.licenses,
        methods=policy.methods,
        hubs=policy.hubs,
        required_files=policy.required_files,
        locked=tuple(
            _describe_lock(key, lock, answers, model) for key, lock in sorted(locked.items())
        ),
    )


def _list_models(policy: Policy, catalog: Catalog, model: ModelPlan) -> tuple[str, ...]:
    """List the ids that run.yaml may name, if families or licences limit the models."""
    if not (policy.families or policy.licenses):
        return ()
    return tuple(dict.fromkeys((model.id, *_iterate_allowed_models(policy, catalog))))


def _iterate_allowed_models(policy: Policy, catalog: Catalog) -> Iterator[str]:
    for family in catalog.families.values():
        if policy.families and family.id not in policy.families:
            continue
        for spec in family.sizes:
            if policy.licenses and spec.license not in policy.licenses:
                continue
            yield spec.hub_id
            if spec.modelscope_id:
                yield spec.modelscope_id


def _describe_lock(key: str, lock: Lock, answers: Answers, model: ModelPlan) -> LockedAnswer:
    """Describe a locked answer, and the value of run.yaml that follows from it."""
    value = lock.value if isinstance(lock.value, str) else ", ".join(lock.value)
    run_values: dict[str, tuple[str, str | None]] = {POSITIVE_KEY: ("task.positive", value)}
    if model.trained_here:  # else run.yaml says nothing of the model
        run_values |= {
            "model": ("model.id", model.id),
            "revision": ("model.revision", model.revision),
            "hub": ("model.source", model.source),
            "method": ("method.name", answers.method),
        }
    if key.startswith(COLUMNS_PREFIX):
        run_values[key] = (key, value)
    run_key, run_value = run_values.get(key, (None, None))
    if run_value is None:  # run.yaml has no such setting, or it does not apply to the model
        run_key = None
    return LockedAnswer(key, value, run_key, run_value, lock.why)
