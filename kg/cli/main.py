"""The command ``kg``: its groups, and the one place where errors become exit codes."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer
from rich.markup import escape

from kg import __version__
from kg.cli import INTERRUPTED
from kg.errors import KgError, full_disk, out_of_memory

EPILOG = (
    "Exit codes: 0 done · 1 done, and the answer is no · 2 wrong usage · 3 a fault in the input or the surroundings, "
    "with what to do about it · 4 done, and something remains (kg nightly) · 70 a fault of kg itself · 130 interrupted."
)

app = typer.Typer(
    name="kg",
    help="Link open neuroscience datasets to disease mechanisms, every edge with the sentence that supports it.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

#: What the system says when a file is larger than it may be, or a disk fails.
_FULL = (errno.EFBIG, errno.EIO)

#: Modules that add their commands to `app`, in the order of the help; each has a command of its own name.
_COMMANDS = (
    "harvest",
    "store",
    "build",
    "diff",
    "nightly",
    "query",
    "cookbook",
    "show",
    "explain",
    "links",
    "link",
    "lexicon",
    "judge",
    "evaluate",
    "diagram",
    "wiki",
    "export",
    "neo4j",
    "publish",
    "report",
    "check",
    "ontologies",
)
#: Commands that a module of another name adds.
_HOMES = {"verify": "publish", "rollback": "publish"}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kg {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Link open neuroscience datasets to disease mechanisms, every edge with the sentence that supports it."""


def make_app(arguments: Sequence[str] = ()) -> typer.Typer:
    """Give the whole command line, or as much of it as these arguments need: importing all takes a while."""
    if not app.registered_commands and not app.registered_groups:
        wanted = next((argument for argument in arguments if argument != "--debug"), "")
        wanted = _HOMES.get(wanted, wanted)
        if wanted == "--version":
            return app
        for name in (wanted,) if wanted in _COMMANDS else _COMMANDS:
            import_module(f"kg.cli.{name}").register(app)
    return app


def run() -> None:
    """Run the command line and turn every error into its exit code."""
    try:
        # typer itself ends with 2 for wrong usage, 130 when interrupted and 1 when the reader of a pipe has left.
        make_app(sys.argv[1:])()
    except KeyboardInterrupt:  # before typer has begun: while the command's modules are imported
        sys.exit(INTERRUPTED)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - the one place; a panic of Polars' is no Exception
        if "--debug" in sys.argv:
            traceback.print_exception(error)
        if _was_interrupted(error):
            sys.exit(INTERRUPTED)
        sys.exit(_report(error))


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether it came up on the way out from Ctrl-C, as from closing a connection in the middle of an answer."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _report(error: BaseException) -> int:
    """Say what went wrong and what to do about it, and give the exit code."""
    from kg.cli._render import stderr
    from kg.logs import log_error

    if isinstance(error, OSError):
        error = full_disk(error) or error
    if not isinstance(error, KgError):
        error = out_of_memory(error) or error
    lead, what, code = "error", str(error), KgError.exit_code
    if isinstance(error, KgError):
        code = error.exit_code
    elif isinstance(error, OSError) and (error.filename is not None or error.errno in _FULL):
        # A file or folder that the user named, mostly; of a write that the disk has no room for, the system names none.
        what = f"{error.filename or 'a file'}: {(error.strerror or str(error)).lower()}"
        what += "\n  mend: see that it is there and may be read or written, and that the disk has room"
    else:
        lead, what, code = "bug", f"{type(error).__name__}: {error}", 70
        what += "\n  mend: this is a fault of kg: run again with --debug and report what it prints"
    if not log_error(error, what, code):
        stderr.print(f"[bold red]{lead}[/] {escape(what)}", highlight=False, soft_wrap=True)
    return code
