"""``kg wiki``: keep the diagrams of wiki pages up to date, and find what is wrong with pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg.cli._options import BuildOption, ConfigOption, OutputOption, settings
from kg.errors import BuildError
from kg.wiki.lint_format import LintFormat

if TYPE_CHECKING:
    from kg.config import KgConfig
    from kg.wiki.updating import Updated

wiki_app = typer.Typer(help="Update and check wiki pages.", no_args_is_help=True)

UPDATE_EXAMPLE = """
Examples:\n
  kg wiki update wiki/content --diff          what would change, and nothing is written\n
  kg wiki update wiki/content\n
  kg wiki update wiki/content --check         for nightly jobs: exit code 1 if anything is out of date or amiss\n
  kg wiki update wiki/content --to changed    new Markdown and a manifest, for a wiki behind an API\n
"""

LINT_EXAMPLE = """
Examples:\n
  kg wiki lint wiki/content\n
  kg wiki lint wiki/content --fix\n
  kg wiki lint wiki/content --select KGW1,KGW501 --format github\n
  kg wiki lint wiki/content --format sarif -o lint.sarif\n
"""

PathsArgument = Annotated[
    list[Path], typer.Argument(metavar="PATH…", help="Pages, or folders of pages.", show_default=False)
]
ProcessesOption = Annotated[
    int,
    typer.Option("--processes", "-p", min=0, help="Worker processes; 0 means one a core, where there are many pages."),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(wiki_app, name="wiki")


@wiki_app.callback()
def _group() -> None:
    """Update and check wiki pages."""


@wiki_app.command("update", epilog=UPDATE_EXAMPLE)
def update_command(
    paths: PathsArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="As --dry-run; exit code 1 if anything would change or is amiss.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="As --dry-run, and show the difference.")] = False,
    adopt: Annotated[bool, typer.Option("--adopt", help="Keep diagrams that were edited by hand, for good.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Draw anew what was edited by hand or adopted.")] = False,
    replace_broken: Annotated[
        bool,
        typer.Option("--replace-broken", help="Put a diagram of the graph in the place of one that doesn't parse."),
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="DIR",
            help="Leave the pages alone; write changed ones into this folder, with a manifest of what to upload.",
            show_default=False,
        ),
    ] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a page that isn't unchanged.")] = False,
    processes: ProcessesOption = 0,
    build: BuildOption = None,
    config: ConfigOption = None,
) -> None:
    """Bring the diagrams of pages up to date with a build.

    A page's diagram stands between two comments; the rest of the file stays as it is, byte for byte. A diagram that
    was edited by hand is reported and left alone, as is a page with Mermaid of its own that doesn't parse.

    Exit codes: 0 done; 1 with --check, if a page is out of date or needs somebody; 2 wrong usage; 3 no build, no page.
    """
    from contextlib import nullcontext

    from kg.cli._render import stderr, write_text
    from kg.graph.build_dir import resolve_build
    from kg.wiki.files import find_pages
    from kg.wiki.update import Decision
    from kg.wiki.updating import CHANGES, update_pages
    from kg.wiki.upload import MANIFEST, open_folder

    if adopt and force:
        raise typer.BadParameter("--adopt keeps what --force draws anew: give one of them")
    writes = not (dry_run or check or diff)
    chosen = settings(config)
    pages = find_pages(paths, wiki_roots(chosen))
    opened = resolve_build(build, chosen.build.out)
    counts: dict[str, int] = {}
    changed: list[Updated] = []
    attention = False
    with open_folder(to, pages) if to is not None and writes else nullcontext() as folder:
        for result in update_pages(
            pages,
            opened,
            chosen,
            decision=Decision(adopt=adopt, force=force, replace_broken=replace_broken),
            write_to=to if writes else None,
            in_place=writes and to is None,
            pages_change=to is None,
            with_bytes=diff,
            processes=processes,
        ):
            counts[result.action.value] = counts.get(result.action.value, 0) + 1
            attention = attention or result.needs_attention
            if result.action in CHANGES:
                # Old and new bytes were for showing alone: thousands of pages needn't be held.
                changed.append(_without_bytes(result))
            if result.action in CHANGES or result.needs_attention:
                write_text(_update_json(result) if json_lines else _update_text(result, with_diff=diff))
        if folder is not None:
            number = folder.write_manifest(opened.manifest.build_id, changed)
            where = folder.folder / MANIFEST
            stderr.print(f"{number} pages to upload: {where}", markup=False, highlight=False, soft_wrap=True)
    summary = ", ".join(f"{counts[name]} {name}" for name in sorted(counts))
    how = "" if writes else " (nothing was written)"
    stderr.print(f"build {opened.manifest.build_id}: {summary}{how}", markup=False, highlight=False, soft_wrap=True)
    if check and (changed or attention):
        raise typer.Exit(1)


def wiki_roots(config: KgConfig) -> list[Path]:
    """Give the folders of wikis that the settings name."""
    source = config.sources.wiki
    return [path for given in (source.path if source else ()) if (path := Path(given)).is_dir()]


def _without_bytes(result: Updated) -> Updated:
    from dataclasses import replace

    return replace(result, old=None, new=None)


def _update_text(result: Updated, *, with_diff: bool) -> str:
    place = f"{result.path}:{result.line}" if result.line else str(result.path)
    text = _shown(f"{result.action.value:<9} {place}{': ' if result.reason else ''}{result.reason}") + "\n"
    if not with_diff or result.old is None or result.new is None:
        return text
    import difflib

    old, new = (_patch_lines(data.decode("utf-8", "replace")) for data in (result.old, result.new))
    before, after = (_patch_name(f"{side}/{result.relative}") for side in "ab")
    lines = difflib.unified_diff(old, new, before, after)
    return text + "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _shown(text: str) -> str:
    """Escape what a file's name may hold and a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _patch_lines(text: str) -> list[str]:
    """Give the lines of a page as `git apply` counts them: by line feeds, and by nothing else."""
    lines = text.split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]


def _patch_name(name: str) -> str:
    """Give a file's name as it stands in a patch: quoted, or with a tab behind it where it would not be read whole."""
    if any(c < " " or c in '"\\\x7f' for c in name):
        return '"' + "".join(f"\\{ord(c):03o}" if c < " " or c in '"\\\x7f' else c for c in name) + '"'
    return f"{name}\t" if " " in name else name


def _update_json(result: Updated) -> str:
    import json

    row = {
        "path": str(result.path),
        "line": result.line,
        "page": result.page_id,
        "action": result.action.value,
        "reason": result.reason,
        "sha256_old": result.sha256,
        "sha256_new": result.new_sha256,
    }
    return json.dumps(row, ensure_ascii=False) + "\n"


@wiki_app.command("lint", epilog=LINT_EXAMPLE)
def lint_command(
    paths: PathsArgument,
    format: Annotated[LintFormat, typer.Option("--format", "-f", help="How findings are written.")] = LintFormat.TEXT,
    output: OutputOption = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is mechanical: doubled and relative links.")] = False,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", help="Rules to report in place of the settings': codes or their beginnings."),
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", help="Rules to leave out as well.")] = None,
    processes: ProcessesOption = 0,
    build: BuildOption = None,
    config: ConfigOption = None,
) -> None:
    """Find what is wrong with pages, each with line, column and a rule's code.

    PMIDs and their titles are compared with the articles of the newest build, where there is one. Nothing is fetched.
    A page silences a rule by a comment: <!-- kg-lint: disable=KGW302 -->.

    Exit codes: 0 nothing found but notes; 1 findings; 2 wrong usage; 3 no page, or settings that can't be used.
    """
    from kg.cli._render import stderr, write_text
    from kg.graph.build_dir import resolve_build
    from kg.model import Severity
    from kg.wiki.files import find_pages
    from kg.wiki.formats import write_reports
    from kg.wiki.linting import lint_pages, page_ids
    from kg.wiki.neighbours import pages_of, pages_under, titles_of

    chosen = _with_rules(settings(config), select, ignore)
    pages = find_pages(paths, wiki_roots(chosen))
    titles, known = None, page_ids(pages_under(pages))
    try:
        opened = resolve_build(build, chosen.build.out)
    except BuildError:
        if build is not None:
            raise
        stderr.print("there is no build: PMIDs are not looked up", markup=False, highlight=False)
    else:
        titles, known = titles_of(opened), known | pages_of(opened)
    run = lint_pages(pages, chosen, titles=titles, known_pages=known, fix=fix, processes=processes)
    write_text(write_reports(run.reports, format, Path.cwd()), output)
    counts = {severity: sum(report.severity is severity for report in run.reports) for severity in Severity}
    summary = ", ".join(f"{number:,} {severity.value}s" for severity, number in counts.items())
    mended = f"; {run.mended:,} mended" if fix else ""
    number = f"{run.pages:,} page{'' if run.pages == 1 else 's'}"
    stderr.print(f"{number}: {summary}{mended}", markup=False, highlight=False, soft_wrap=True)
    if counts[Severity.ERROR] or counts[Severity.WARNING]:
        raise typer.Exit(1)


def _with_rules(config: KgConfig, select: list[str] | None, ignore: list[str] | None) -> KgConfig:
    """Give the settings with the command's word on rules over theirs; codes may be joined by commas."""

    def split(given: list[str] | None) -> tuple[str, ...]:
        return tuple(code.strip() for item in given or () for code in item.split(",") if code.strip())

    lint = config.wiki.lint
    lint = lint.model_copy(update={"select": split(select) or lint.select, "ignore": (*lint.ignore, *split(ignore))})
    return config.model_copy(update={"wiki": config.wiki.model_copy(update={"lint": lint})})
