"""What a kit decides: presets, locks and policy, against the answers of the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newft.answers.conditions import list_values
from newft.errors import IncompatibleError
from newft.schema.catalog import Catalog
from newft.schema.family import Family, is_hub_model
from newft.schema.kit import AnswerText, Lock, Policy
from newft.schema.starter_kit import AnswerTexts, StarterKit
from newft.text import Text, join_names, join_texts, to_bilingual_text

# An answer that follows from another: whoever gives the second without the first takes it back.
_DEPENDENT_KEYS: Mapping[str, tuple[str, ...]] = {
    "domain": ("task",),
    "model": ("family", "revision"),
    "family": ("model", "revision"),
}
_LINE_END = to_bilingual_text("\n")


def override_answers(lower: AnswerTexts, upper: AnswerTexts) -> AnswerTexts:
    """Return the lower answers overridden by the upper ones.

    A lower answer that follows from one that is overridden, as the task does from the domain, is
    dropped.
    """
    dropped = {
        name
        for key, names in _DEPENDENT_KEYS.items()
        if key in upper and key in lower and upper[key] != lower[key]
        for name in names
    }
    kept = {key: value for key, value in lower.items() if key not in dropped}
    return {**kept, **upper}


def apply_kit(given: AnswerTexts, kit: StarterKit) -> dict[str, AnswerText]:
    """Return the answers with the presets of a kit below them, and its locks above.

    Raises:
        IncompatibleError: If answers contradict locks; all of them are listed.
    """
    check_locks(given, kit)
    answers = override_answers(kit.presets, given)
    locked = {key: lock.value for key, lock in kit.locked.items()}
    return {**answers, **locked}


def check_locks(answers: AnswerTexts, kit: StarterKit) -> None:
    """Raise one error for all answers that contradict a lock of the kit."""
    faults = [
        (key, describe_lock(key, answers[key], lock))
        for key, lock in kit.locked.items()
        if key in answers and list_values(answers[key]) != list_values(lock.value)
    ]
    if faults:
        hint = Text("leave it out, or use another kit", "请不要给出此项，或改用其他套件")
        message = join_texts((text for _, text in faults), _LINE_END)
        raise IncompatibleError(message, where=", ".join(key for key, _ in faults), hint=hint)


def describe_lock(key: str, value: AnswerText, lock: Lock) -> Text:
    """Say that a value contradicts a lock, whose lock it is, and why."""
    fixed, given = _join_value(lock.value), _join_value(value)
    why = lock.why
    return Text(
        f"the kit `{lock.kit.en}` locks `{key}` to `{fixed}`, not `{given}`"
        + (f": {why.en}" if why else ""),
        f"套件 `{lock.kit.zh}` 已将 `{key}` 锁定为 `{fixed}`，不能改为 `{given}`"
        + (f"：{why.zh}" if why else ""),
    )


def is_from_kit(key: str, answers: AnswerTexts, kit: StarterKit | None) -> bool:
    """Return whether an answer is what the kit presets or locks."""
    value = get_kit_value(key, kit) if kit else None
    return value is not None and key in answers and list_values(value) == list_values(answers[key])


def get_kit_value(key: str, kit: StarterKit) -> AnswerText | None:
    """Return the answer that a kit gives for a key, if any."""
    return kit.locked[key].value if key in kit.locked else kit.presets.get(key)


def check_policy(answers: AnswerTexts, kit: StarterKit) -> None:
    """Raise one error for all answers that the policy of a kit does not allow."""
    policy = kit.policy or Policy()
    checked = [("family", policy.families), ("method", policy.methods)]
    if is_hub_model(str(answers.get("model", ""))):
        checked.append(("hub", policy.hubs))
    faults = [
        (key, _describe_policy(kit, Text(f"`{answers[key]}`", f"`{answers[key]}`"), allowed))
        for key, allowed in checked
        if allowed and key in answers and answers[key] not in allowed
    ]
    if faults:
        key = faults[0][0]
        first = dict(checked)[key][0]
        raise IncompatibleError(
            join_texts((text for _, text in faults), _LINE_END),
            where=", ".join(key for key, _ in faults),
            hint=to_bilingual_text(f"--{key} {first}"),
        )


def check_license(license_name: str | None, kit: StarterKit) -> None:
    """Refuse a model whose licence the policy of a kit does not allow, or that is not known."""
    licenses = kit.policy.licenses if kit.policy else ()
    if not licenses or license_name in licenses:
        return
    what = (
        Text(f"the licence `{license_name}` of the model", f"模型的许可证 `{license_name}`")
        if license_name
        else Text("a model of which newft does not know the licence", "许可证未知的模型")
    )
    hint = Text(
        "choose a model of such a licence; `newft show families --json` lists them",
        "请选择许可证符合要求的模型，`newft show families --json` 列出全部模型",
    )
    raise IncompatibleError(_describe_policy(kit, what, licenses), where="model", hint=hint)


def _describe_policy(kit: StarterKit, what: Text, allowed: tuple[str, ...]) -> Text:
    listed = join_names(allowed)
    return Text(
        f"the policy of the kit `{kit.title.en}` does not allow {what.en}, only {listed.en}",
        f"套件 `{kit.title.zh}` 的策略不允许{what.zh}，只允许：{listed.zh}",
    )


def select_allowed(catalog: Catalog) -> Catalog:
    """Return the catalogue with the families, models and methods that a kit leaves to choose."""
    kit = catalog.starter_kit
    if kit is None:
        return catalog
    families, methods = select_allowed_families(catalog), catalog.methods
    allowed = {*(kit.policy.methods if kit.policy else ())} or {*methods}
    if "family" in kit.locked:
        families = {
            name: one for name, one in families.items() if name == kit.locked["family"].value
        }
    if "method" in kit.locked:
        allowed &= {kit.locked["method"].value}
    methods = {name: one for name, one in methods.items() if name in allowed}
    return replace(catalog, families=families, methods=methods)


def select_allowed_families(catalog: Catalog) -> dict[str, Family]:
    """Return the families with the models that the policy of the kit allows."""
    policy = (catalog.starter_kit.policy if catalog.starter_kit else None) or Policy()
    allowed = {}
    for name, family in catalog.families.items():
        sizes = tuple(
            spec for spec in family.sizes if not policy.licenses or spec.license in policy.licenses
        )
        if sizes and (not policy.families or name in policy.families):
            allowed[name] = replace(family, sizes=sizes)
    return allowed


def _join_value(value: AnswerText) -> str:
    return value if isinstance(value, str) else ", ".join(value)
