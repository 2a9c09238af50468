"""``kg publish`` and ``kg rollback`` without a target: which build ``builds/current`` is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg.cli._options import ConfigOption, given_reason, settings
from kg.errors import BuildError

PUBLISH_EXAMPLE = """
Examples:\n
  kg publish --accept 'the atlas dropped 40 regions on purpose'\n
  kg publish --build 4c09aa17be20
"""
ROLLBACK_EXAMPLE = """
Examples:\n
  kg rollback --dry-run\n
  kg rollback
"""


def publish_here(
    context: typer.Context,
    build: Annotated[
        Path | None,
        typer.Option(
            "--build",
            "-b",
            help="A build's folder, or its id or how it begins. Without it, the newest that a gate holds back.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
    accept: Annotated[
        str | None,
        typer.Option(
            help="Publish though a gate fails, and record this reason.", show_default=False, callback=given_reason
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what the gates say.")] = False,
) -> None:
    """Put a build before its readers.

    It becomes the current one if the gates let it through; without --build, the one that is held
    back is taken. Readers see the old build or the new one, and who has the old one open finishes
    with it. The exit code is 1 if a gate fails and no reason is given to go on.
    """
    if context.invoked_subcommand is not None:
        return
    from kg.build.publication import Verdict, judge_build, publish_gated, say_verdict, waiting_build
    from kg.cli._render import stderr
    from kg.graph.build_dir import Build
    from kg.graph.layout import choose_path

    chosen = settings(config)
    out = chosen.build.out
    opened = Build.open(choose_path(build, out)) if build is not None else waiting_build(out)
    if opened is None:
        raise BuildError("no build is held back", str(chosen.build.out), "name one with --build, or run 'kg build'")
    if dry_run:
        report = judge_build(chosen, opened)
        for gate in report.gates:
            stderr.print(
                f"{'pass' if gate.is_passed else 'FAIL'}   {gate.name}: {gate.said}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        raise typer.Exit(0 if report.is_passed else 1)
    verdict: Verdict = publish_gated(chosen, opened, accept=accept)
    for line in say_verdict(verdict, chosen.build.out):
        stderr.print(line, markup=False, highlight=False, soft_wrap=True)
    if not verdict.is_published:
        raise typer.Exit(1)


def roll_back_here(
    context: typer.Context,
    config: ConfigOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which build it would be.")] = False,
) -> None:
    """Go back to the build before.

    It becomes the current one again; once more goes one further back.
    """
    if context.invoked_subcommand is not None:
        return
    from kg.build.taking_back import take_back
    from kg.cli._render import stderr
    from kg.graph.publications import find_earlier

    chosen = settings(config)
    if dry_run:
        path = find_earlier(chosen.build.out).path
        stderr.print(f"it would be {path}", markup=False, highlight=False, soft_wrap=True)
        return
    build = take_back(chosen)
    stderr.print(
        f"current is {build.manifest.build_id} again: {build.path}", markup=False, highlight=False, soft_wrap=True
    )
