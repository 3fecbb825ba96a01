"""`newft kit new`: begin a starter kit that passes its own check."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from newft.answers.keys import FILES_KEY, KIT_ANSWERS_PREFIX, RawAnswers
from newft.answers.yaml_file import load_answers
from newft.catalog.loader import load_catalog
from newft.console.console import ConsoleOutput
from newft.decide.kit.kit_rules import apply_kit
from newft.errors import FileCollisionError, NewftError
from newft.i18n import Messages
from newft.kits.check_cases import CHECK_GPU
from newft.kits.locate import KitLocator
from newft.kits.new_kit import NewKit, write_new_kit
from newft.kits.resolve import derive_kit_id, resolve_kit
from newft.kits.sources import parse_source
from newft.project.write import write_project
from newft.schema.catalog import Catalog
from newft.schema.starter_kit import KitPin, LocatedKit
from newft.text import Language
from newft.wizard.default_answers import fill_defaults
from newft.wizard.menu import Option
from newft.wizard.project_plan import plan_project, render_planned_project
from newft.wizard.services import build_services
from newft.wizard.state import WizardState
from newft.wizard.terminal import choose_terminal

NO_BASE = ""


@dataclass(frozen=True)
class KitNewOptions:
    """The command line of `newft kit new`."""

    path: str
    title: str | None
    extends: str | None
    language: Language | None
    yes: bool

    @property
    def interactive(self) -> bool:
        """Whether a user is there to ask."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not self.yes


def create_kit(options: KitNewOptions, messages: Messages) -> None:
    """Write the folder of a new kit, all of it or nothing."""
    console, folder = ConsoleOutput(messages), Path(options.path)
    catalog = load_catalog()
    title, extends = _complete_options(options, catalog, console)
    language = options.language or (messages.language if options.interactive else "en")
    with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        base = _resolve_base(extends, catalog, Path(scratch) / "base")
        written = _make_relative(extends, folder) if extends else None
        tree = Path(scratch).resolve() / "kit"
        kit = NewKit(_name(folder), _derive_id(folder), title, written, language)
        write_new_kit(kit, base, tree)
        if paths := _find_collisions(base, tree, Path(scratch).resolve()):
            write_new_kit(kit._replace(replaces=paths), base, tree)
        paths = write_project(tree, folder)
    console.print_message("new.written", count=len(paths), folder=folder)
    shown = shlex.quote(str(folder))
    steps = [f"newft kit check {shown}", f"newft new desk --kit {_format_source(folder)}"]
    console.print_commands("new.next", steps)


def _complete_options(
    options: KitNewOptions, catalog: Catalog, console: ConsoleOutput
) -> tuple[str, str | None]:
    """Return the title and what the kit extends: as given, as asked, or the defaults."""
    title, extends = options.title, options.extends
    default = _name(Path(options.path)).replace("-", " ").replace("_", " ").capitalize()
    if not options.interactive:
        return title or default, extends or None
    say, language = console.messages, console.messages.language
    with choose_terminal(os.environ, console.say, say) as terminal:
        if title is None:
            title = terminal.text(say("kit_new.title"), check=lambda _: None, default=default)
        if extends is None:
            bases = [Option(NO_BASE, say("kit_new.no_base"))]
            bases += [Option(kit.id, kit.title.to(language)) for kit in catalog.kits.values()]
            extends = terminal.select(say("kit_new.base"), bases)
    return title or default, extends or None


def _name(folder: Path) -> str:
    return folder.absolute().resolve().name


def _derive_id(folder: Path) -> str:
    pin = KitPin(str(folder.absolute()), None, None, "")
    return derive_kit_id(LocatedKit(str(folder), pin))


def _resolve_base(extends: str | None, catalog: Catalog, scratch: Path) -> Catalog:
    """Return the catalogue of what the kit extends; it is refused here if it cannot be found."""
    if extends is None:
        return catalog
    if extends in catalog.kits:
        return replace(catalog, kits={extends: catalog.kits[extends]})
    return resolve_kit(extends, catalog, KitLocator(scratch))


def _find_collisions(base: Catalog, tree: Path, scratch: Path) -> tuple[str, ...]:
    """Return the files that both newft and a copier template of the base have in a project.

    The new kit names them, so that the files of the template win: whoever extends one wants them.
    """
    kit, found = base.starter_kit, tuple[str, ...]()
    if kit is None or not kit.templates:
        return found
    asked = {
        f"{KIT_ANSWERS_PREFIX}{name}" for name in (kit.questions.names if kit.questions else ())
    }
    given = load_answers(tree / "tests/default.yml").items()
    answers = {k: one for k, one in given if k in asked or not k.startswith(KIT_ANSWERS_PREFIX)}
    for number in range(len(kit.chain)):  # the first template that collides is the one that is said
        *lower, leaf = kit.chain
        chain = (*lower, replace(leaf, replaces=(*leaf.replaces, *found)))
        catalog = replace(base, starter_kit=replace(kit, chain=chain))
        try:
            _render_project(catalog, answers, scratch / f"project{number}")
        except FileCollisionError as error:
            found = (*found, *error.paths)
        except NewftError:  # `newft kit check` says what it is
            break
        else:
            break
    return found


def _render_project(catalog: Catalog, answers: RawAnswers, folder: Path) -> None:
    assert catalog.starter_kit
    given = {"gpu": CHECK_GPU, FILES_KEY: (), **apply_kit(answers, catalog.starter_kit)}
    start = WizardState(catalog, given, machine=None)
    state = fill_defaults(start, build_services(catalog, None))
    render_planned_project(plan_project(state), state, folder)


def _make_relative(extends: str, folder: Path) -> str:
    """Return the base as kit.yaml names it: a folder relative to the kit, so that both can move."""
    source = parse_source(extends)
    if source.kind != "folder":
        return extends
    return Path(os.path.relpath(source.location, folder.absolute())).as_posix()


def _format_source(folder: Path) -> str:
    """Return the folder as `--kit` takes it: a name without a slash would be that of a package."""
    text = str(folder)
    return shlex.quote(text if os.sep in text else f"./{text}")
