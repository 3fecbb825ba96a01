"""Render the chat template of a model's folder once, to see what it writes around an answer.

A template comes with a model from anyone: it runs in Jinja's sandbox and for a limited time, as
transformers runs it in every program that loads the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from newft.schema.family import SystemTurn
from newft.system.resource_limits import LimitExceededError, limit_resources
from newft.token_pieces import PieceCounts, count_pieces

if TYPE_CHECKING:
    from jinja2 import Environment, Template

RENDER_SECONDS = 2.0  # of processor time; the longest template that is known takes a hundredth
MAX_TEMPLATE_CHARACTERS = 500_000  # the longest template that is known has 20 thousand
SYSTEM, QUESTION, ANSWER, NEXT_QUESTION = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
GENERATION_TAG = re.compile(
    r"{%-?\s*(end)?generation\s*-?%}"
)  # marks for training, of transformers
SPELLED_TOKEN = re.compile(
    r"<[|｜][^<>\s]{1,60}>|<[^<>\s]{1,60}[|｜]>|</?s>|<[a-z_]+>|<<[A-Z]+>>|\[/?[A-Z_]+\]"
)
EACH_PIECE = PieceCounts(1, 1, 1, 1, 1)  # a token each, which few tokenizers exceed
Turn = Mapping[str, str]


class RenderedTemplate(NamedTuple):
    """What a template writes; None means that it could not be rendered."""

    control_tokens: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    end_of_turn: str | None = None
    system_turn: SystemTurn | None = None
    tokens: int | None = None
    writes_date: bool = False


class _RefusedByTemplate(Exception):
    """The template calls raise_exception, as for a system turn that it does not allow."""


class _Renderer:
    """A template with the texts that transformers gives it."""

    def __init__(self, source: str, special_tokens: Mapping[str, str]) -> None:
        self.wrote_date = False
        self._environment = _make_environment()
        self._environment.globals.update(
            raise_exception=_refuse, strftime_now=self._note_date, **special_tokens
        )
        self._template: Template = self._environment.from_string(source)

    def render(self, turns: Sequence[Turn], **options: object) -> str | None:
        """Return the text; None where the template refuses the turns."""
        try:
            with limit_resources(RENDER_SECONDS):
                return self._template.render(
                    **{"messages": turns, "add_generation_prompt": False, "tools": None, **options}
                )
        except (LimitExceededError, RecursionError):
            return None
        except Exception:  # whatever a template of anyone does wrong: it cannot be used so
            return None

    def _note_date(self, form: str) -> str:
        self.wrote_date = True
        return form


def render_template(
    source: str, special_tokens: Mapping[str, str], known_tokens: Collection[str]
) -> RenderedTemplate:
    """Return what the template writes around a system turn, a question and an answer."""
    from jinja2 import TemplateError, meta

    if len(source) > MAX_TEMPLATE_CHARACTERS:
        return RenderedTemplate()
    source = GENERATION_TAG.sub("", source)
    tokens = {one for one in known_tokens if len(one) > 1 and one.strip()}
    named = {*SPELLED_TOKEN.findall(source), *(one for one in tokens if one in source)}
    try:
        renderer = _Renderer(source, special_tokens)
        variables = meta.find_undeclared_variables(_make_environment().parse(source))
    except (TemplateError, RecursionError):
        return RenderedTemplate(tuple(sorted(named)))
    found = RenderedTemplate(tuple(sorted(named)), tuple(sorted(variables)))
    if tokens:
        tokens |= {*special_tokens.values()}
    return _describe(renderer, tokens, found)


def _describe(
    renderer: _Renderer, tokens: Collection[str], found: RenderedTemplate
) -> RenderedTemplate:
    question, answer = _say("user", QUESTION), _say("assistant", ANSWER)
    whole = renderer.render([_say("system", SYSTEM), question, answer])
    own_system = whole is not None and SYSTEM in whole
    plain = renderer.render([question, answer])
    if plain is None or QUESTION not in plain or ANSWER not in plain:
        return found
    longer = renderer.render([question, answer, _say("user", NEXT_QUESTION)]) or ""
    text = whole if own_system and whole else plain
    tokens = tokens or {*SPELLED_TOKEN.findall(plain + longer)}
    return found._replace(
        end_of_turn=_find_first_token(plain, tokens) or _find_first_token(longer, tokens),
        system_turn="own" if own_system else "user",
        tokens=_estimate_tokens(text, tokens),
        writes_date=renderer.wrote_date,
    )


def _say(role: str, content: str) -> Turn:
    return {"role": role, "content": content}


def _find_first_token(text: str, tokens: Collection[str]) -> str | None:
    """Return the first control token after the answer."""
    after = text.partition(ANSWER)[2].partition(NEXT_QUESTION)[0]
    places = [(after.index(one), -len(one), one) for one in tokens if one in after]
    return min(places)[2] if places else None


def _estimate_tokens(text: str, tokens: Collection[str]) -> int:
    """Estimate the tokens around the contents: of control tokens and of pieces of text."""
    spelled = "|".join(map(re.escape, sorted(tokens, key=len, reverse=True))) or "(?!)"
    controls = len(re.findall(spelled, text))
    between = re.split(f"{spelled}|[{SYSTEM}{QUESTION}{ANSWER}]", text)
    return controls + round(sum(count_pieces(one).weigh(EACH_PIECE) for one in between))


def _refuse(message: str = "") -> None:
    raise _RefusedByTemplate(message)


def _make_environment() -> Environment:
    """Make the environment in which transformers renders templates."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = _dump_json
    return environment


def _dump_json(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, **options)
