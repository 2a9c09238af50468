"""``kg cookbook``: the questions that are answered already."""

from __future__ import annotations

from typing import Annotated

import typer

from kg.cli._options import FormatOption, OutputOption

LIST_EXAMPLE = """Example: kg cookbook list

All of them, with what their answers mean, are in docs/cookbook.md; run one with 'kg query --cookbook NAME'.
"""
SHOW_EXAMPLE = "Example: kg cookbook show region-and-parts"

app = typer.Typer(help="Questions that analysts ask, with Cypher that answers them.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="cookbook")


@app.command("list", epilog=LIST_EXAMPLE)
def list_command(format: FormatOption = None, output: OutputOption = None) -> None:
    """List the recipes: name, question, parameters."""
    from kg.cli._render import write_rows
    from kg.export.cookbook import read_cookbook

    rows = [
        {
            "section": section.title,
            "name": recipe.name,
            "question": recipe.question,
            "parameters": ", ".join(f"{name}={parameter.value}" for name, parameter in recipe.parameters.items()),
        }
        for section in read_cookbook()
        for recipe in section.recipes
    ]
    write_rows(rows, ["section", "name", "question", "parameters"], format=format, output=output)


@app.command("show", epilog=SHOW_EXAMPLE)
def show_command(
    name: Annotated[str, typer.Argument(help="Name of a recipe, as 'kg cookbook list' prints it.")],
) -> None:
    """Print a recipe: its question, its Cypher, its parameters and what the answer means."""
    from kg.export.cookbook import find_recipe

    recipe = find_recipe(name)
    typer.echo(f"// {recipe.question}")
    for parameter, about in recipe.parameters.items():
        typer.echo(f"// ${parameter}: {about.meaning}, for example {about.value}")
    typer.echo(recipe.cypher.rstrip())
    for line in [recipe.meaning, *recipe.beyond.splitlines()]:
        typer.echo(f"// {line}".rstrip())
