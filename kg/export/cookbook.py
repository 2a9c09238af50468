"""The cookbook: questions that analysts ask, each with its Cypher and what the answer means.

The recipes are in ``cookbook.yaml`` beside this module; ``docs/cookbook.md`` is written from it. Every recipe gives
the same rows on the embedded store and on Neo4j, which the tests check against computations of their own.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from kg.errors import QueryError
from kg.model.own_yaml import load_own_yaml

_INTRODUCTION: Final = """\
# Cookbook

Generated from `kg/export/cookbook.yaml` by `scripts/cookbook`; a test compares the two.

Questions that analysts ask, each with its Cypher and what the answer means. Every recipe runs on the embedded store
and on Neo4j with the same rows in the same order, and its answer is checked against a computation without Cypher.
The values of the parameters are ones that the bundled sample answers, unless it is said that it has none.

```
kg cookbook list                                              # the names
kg query --cookbook region-and-parts                          # with the values below
kg query --cookbook region-and-parts -p region=UBERON:0001950 # with yours
kg query --cookbook region-and-parts --on neo4j               # on the server
```

[cypher.md](cypher.md) says which constructs to avoid in queries of your own,
[schema.md](schema.md) what there is to ask for.
"""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(_Frozen):
    """A parameter of a recipe: a value that the sample answers, and what it stands for."""

    value: str | int | float | list[str]
    meaning: str


class Recipe(_Frozen):
    """A question, its Cypher, and what the answer means."""

    name: str
    question: str
    parameters: dict[str, Parameter]
    cypher: str
    meaning: str
    #: What no graph can answer, and what does; Markdown.
    beyond: str = ""
    #: Whether it looks for what the bundled sample hasn't.
    empty_on_sample: bool = False

    def values(self, given: dict[str, Any]) -> dict[str, Any]:
        """Put given values in place of the recipe's own.

        Parameters
        ----------
        given : dict of str to object
            By name, without ``$``.

        Returns
        -------
        dict of str to object
            A value for each parameter of the recipe.

        Raises
        ------
        QueryError
            If the recipe has no parameter of a given name, or one of another type.
        """
        for name in given:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise QueryError(
                    f"the recipe has no parameter {name!r}", f"cookbook: {self.name}", f"its parameters: {known}"
                )
            # Text beside a number is null to Cypher, and no rows would look like an answer.
            wanted, found = type(self.parameters[name].value).__name__, type(given[name]).__name__
            if wanted != found:
                raise QueryError(
                    f"the parameter {name!r} takes {wanted}, and {given[name]!r} is {found}",
                    f"cookbook: {self.name}",
                    f"{self.parameters[name].meaning}, such as {self.parameters[name].value!r}",
                )
        return {name: given.get(name, parameter.value) for name, parameter in self.parameters.items()}


class Section(_Frozen):
    """Recipes about one matter."""

    name: str
    title: str
    recipes: tuple[Recipe, ...]


class _Cookbook(_Frozen):
    sections: tuple[Section, ...]


@cache
def read_cookbook() -> tuple[Section, ...]:
    """Read the recipes that come with the package.

    Returns
    -------
    tuple of Section
        In the order of the page.
    """
    text = files("kg.export").joinpath("cookbook.yaml").read_text(encoding="utf-8")
    return _Cookbook.model_validate(load_own_yaml(text)).sections


def find_recipe(name: str) -> Recipe:
    """Give the recipe of a name.

    Raises
    ------
    QueryError
        If there is none, naming those that are spelled like it.

    Examples
    --------
    >>> find_recipe("region-and-parts").question
    'Which datasets record from a region or any of its parts?'
    """
    recipes = {recipe.name: recipe for section in read_cookbook() for recipe in section.recipes}
    if name not in recipes:
        near = difflib.get_close_matches(name, recipes, n=3)
        raise QueryError(
            f"there is no recipe {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else ""),
            "--cookbook",
            "list them with 'kg cookbook list'",
        )
    return recipes[name]


def cookbook_page() -> str:
    """Write the cookbook as Markdown.

    Returns
    -------
    str
        The text of ``docs/cookbook.md``.
    """
    lines = [_INTRODUCTION]
    for section in read_cookbook():
        lines.append(f"## {section.title}\n")
        for recipe in section.recipes:
            lines.append(f"### {recipe.question}\n")
            lines.append(f"`{recipe.name}`\n")
            lines.append(f"```cypher\n{recipe.cypher.rstrip()}\n```\n")
            lines += [
                f"- `${name}`: {parameter.meaning}, here `{parameter.value}`"
                for name, parameter in recipe.parameters.items()
            ]
            lines.append(f"\n{recipe.meaning}\n" if recipe.parameters else f"{recipe.meaning}\n")
            if recipe.empty_on_sample:
                lines.append("The sample has none, so it gives no rows there.\n")
            if recipe.beyond:
                lines.append(recipe.beyond)
    return "\n".join(lines)
