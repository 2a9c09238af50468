"""``kg store``: look after the record store."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kg.cli._options import ConfigOption, FormatOption, OutputOption, settings

store_app = typer.Typer(help="Look after the record store of harvests.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(store_app, name="store")


@store_app.callback()
def _group() -> None:
    """Look after the record store of harvests."""


@store_app.command("ls", epilog="Examples:\n\n  kg store ls\n\n  kg store ls dandi --format csv")
def ls_command(
    source: Annotated[
        str | None,
        typer.Argument(help="Its items, instead of a row for each source.", show_default=False),
    ] = None,
    config: ConfigOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """List what the store holds: how many records, since when current, which are stale and why."""
    from kg.cli._render import write_rows
    from kg.errors import ConfigError
    from kg.harvest.live.store import RecordStore
    from kg.harvest.live.upkeep import list_items, list_sources

    with RecordStore.open(settings(config).harvest.store, write=False) as store:
        rows = sources = list_sources(store)
        if source is not None:
            known = [row["source"] for row in sources]
            if source not in known:
                mend = f"name one of: {', '.join(known)}" if known else "run 'kg harvest' first"
                raise ConfigError(f"the store has no source {source!r}", "kg store ls", mend)
            rows = list_items(store, source)
    write_rows(rows, list(rows[0]) if rows else ("source",), format=format, output=output)


@store_app.command("gc", epilog="Example:\n\n  kg store gc --keep-days 90 --dry-run")
def gc_command(
    config: ConfigOption = None,
    keep_days: Annotated[
        float, typer.Option(min=0, help="What was replaced or deleted within so many days stays.")
    ] = 90,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for a harvest to end, instead of leaving.")] = False,
) -> None:
    """Let go of old versions and of deleted records. Current records always stay."""
    from kg.cli._render import write_rows
    from kg.errors import StoreError
    from kg.harvest.live.store import RecordStore
    from kg.harvest.live.upkeep import gc

    folder = settings(config).harvest.store
    if not (folder / "store.sqlite").is_file():
        raise StoreError("there is no record store", str(folder), "make one with 'kg harvest'")
    with RecordStore.open(folder, wait=wait) as store:
        swept = gc(store, keep_days=keep_days, dry_run=dry_run)
    rows = [{"what": name, "would go" if dry_run else "gone": value} for name, value in swept._asdict().items()]
    write_rows(rows, list(rows[0]))


@store_app.command("verify", epilog="Example:\n\n  kg store verify")
def verify_command(
    config: ConfigOption = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Remove damaged payloads, so that the next harvest fetches them again.")
    ] = False,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Read every payload and compare it with its hash. The exit code is 1 if one is missing or damaged."""
    from kg.cli._render import stderr, write_rows
    from kg.harvest.live.store import RecordStore
    from kg.harvest.live.upkeep import drop_damaged, verify

    with RecordStore.open(settings(config).harvest.store, write=repair) as store:
        damages = verify(store)
        dropped = drop_damaged(store, damages) if repair else 0
    rows: list[dict[str, Any]] = [damage._asdict() for damage in damages]
    if rows:
        write_rows(rows, list(rows[0]), format=format, output=output)
    said = f", {dropped} removed; run 'kg harvest'" if repair else ""
    stderr.print(f"{len(damages)} damaged or missing{said}", markup=False, highlight=False)
    raise typer.Exit(1 if damages else 0)
