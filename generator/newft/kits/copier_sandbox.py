"""The sandbox in which copier evaluates the texts of a template.

Equal answers give equal files: filters that depend on the clock, on chance or on the machine are
refused, and so is what no limit of time could interrupt.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from copier._jinja_ext import SandboxedEnvironment, get_yield_context

from newft.errors import RenderError
from newft.text import Text

_CHANCE_FILTERS = ("ans_random", "random", "random_mac", "shuffle", "strftime")
_MACHINE_FILTERS = ("expanduser", "expandvars", "fileglob", "realpath", "relpath")


class LimitedEnvironment(SandboxedEnvironment):
    """The environment of copier without large powers, which no limit of time interrupts."""

    intercepted_binops = frozenset({"**"})

    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Any:
        """Compile a text once: the texts of all questions are evaluated after each answer."""
        compiled: dict[Any, Any] = self.__dict__.setdefault("compiled", {})
        if source not in compiled:
            compiled[source] = super().from_string(source, globals, template_class)
        loop = get_yield_context(self)  # which compiling a text resets
        loop.yield_name = loop.yield_iterable = None
        return compiled[source]

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute a power of moderate size."""
        if abs(left) > 1e6 or abs(right) > 100:
            raise RenderError(Text("a power is too large", "乘方的结果过大"))
        return super().call_binop(context, operator, left, right)


def guard_environment(
    environment: SandboxedEnvironment, allows_chance: Callable[[], bool]
) -> SandboxedEnvironment:
    """Return the environment of copier without access to the machine, and with limits.

    `allows_chance` tells whether the clock and chance may take part in the text at hand.
    """
    environment.__class__ = LimitedEnvironment
    environment.optimized = False  # or constants would be computed without the guards below
    for name in _CHANCE_FILTERS:
        environment.filters[name] = _guard(name, environment.filters[name], allows_chance)
    for name in _MACHINE_FILTERS:
        environment.filters[name] = _refuse_use(name)
    environment.globals["lipsum"] = _refuse_use("lipsum")
    return environment


def _guard(
    name: str, function: Callable[..., Any], allows_chance: Callable[[], bool]
) -> Callable[..., Any]:
    @wraps(function)  # with the mark by which Jinja passes its context
    def call(*args: Any, **kwargs: Any) -> Any:
        if allows_chance():
            return function(*args, **kwargs)
        raise RenderError(
            Text(f"`{name}` gives another result each time", f"`{name}` 每次结果都不同"),
            hint=Text(
                "make it the default of a question, so that its answer is recorded",
                "请把它作为某个问题的默认值，答案会被记录下来",
            ),
        )

    return call


def _refuse_use(name: str) -> Callable[..., Any]:
    def call(*_: Any, **__: Any) -> Any:
        raise RenderError(
            Text(f"`{name}` depends on the machine", f"`{name}` 取决于运行的机器"),
            hint=Text("make it a question of the template", "请改为模板的一个问题"),
        )

    return call
