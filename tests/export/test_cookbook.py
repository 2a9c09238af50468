"""Every recipe gives the same rows on the embedded store and on Neo4j, and they are those computed without Cypher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cookbook_oracle  # noqa: F401 - its functions are oracles
import cookbook_oracle_audit  # noqa: F401
import pytest
from cookbook_facts import ORACLES, Facts
from large_graph import make_large

from kg.config import KgConfig
from kg.errors import KgError, QueryError
from kg.export.cookbook import Recipe, cookbook_page, find_recipe, read_cookbook
from kg.export.neo4j.connection import Target, open_driver
from kg.export.neo4j.publish import Options, publish
from kg.export.neo4j.query import ServerSession
from kg.export.query import QueryResult, QuerySession
from kg.graph.build_dir import Build
from kg.graph.causes import CAUSES
from kg.graph.differences import CHANGES

RECIPES = {recipe.name: recipe for section in read_cookbook() for recipe in section.recipes}

Answers = dict[str, QueryResult | KgError]


class Asked:
    """A graph, and what both engines say of it."""

    def __init__(self, graph: Any, digest: str, cache: Path, server: Target) -> None:
        self.facts = Facts(graph.table)
        with QuerySession(graph, cache_dir=cache) as session:
            self.embedded = self._ask(session)
        publish(server, graph, digest, Options())
        with ServerSession(server) as session:
            self.server = self._ask(session)

    @staticmethod
    def _ask(session: QuerySession | ServerSession) -> Answers:
        answers: Answers = {}
        for recipe in RECIPES.values():
            try:
                answers[recipe.name] = session.run(recipe.cypher, recipe.values({}))
            except KgError as error:  # the test of the recipe shows it
                answers[recipe.name] = error
        return answers


@pytest.fixture(scope="module")
def emptied(neo4j_server: Target) -> Target:
    """The test server with nothing in it; who comes next empties it."""
    with open_driver(neo4j_server) as driver:
        driver.execute_query("MATCH (n) DETACH DELETE n")
    return neo4j_server


@pytest.fixture(scope="module")
def sample(sample_build: Build, sample_config: KgConfig, emptied: Target) -> Asked:
    return Asked(sample_build, sample_build.manifest.build_id, sample_config.cache_dir, emptied)


@pytest.fixture(scope="module")
def large(store_cache: Path, emptied: Target) -> Asked:
    tables = make_large()
    return Asked(tables, tables.digest, store_cache, emptied)


@pytest.fixture
def asked(request: pytest.FixtureRequest) -> Asked:
    found: Asked = request.getfixturevalue(request.param)
    return found


def typed(value: object) -> object:
    """A value with the types of all that is in it: 1, 1.0 and true are three answers."""
    return [typed(item) for item in value] if isinstance(value, list) else (type(value).__name__, value)


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("asked", ["sample", "large"], indirect=True)
def test_both_engines_give_the_rows_that_are_computed_without_them(asked: Asked, name: str) -> None:
    expected = ORACLES[name](asked.facts, **RECIPES[name].values({}))
    for answer in (asked.embedded[name], asked.server[name]):
        assert isinstance(answer, QueryResult), answer
        assert typed(answer.rows) == typed(expected)
        assert answer.notes == ()
    assert asked.embedded[name] == asked.server[name]


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_has_rows(sample: Asked, large: Asked, name: str) -> None:
    of_sample, of_large = sample.server[name], large.server[name]
    assert isinstance(of_sample, QueryResult)
    assert isinstance(of_large, QueryResult)
    assert of_large.rows
    assert bool(of_sample.rows) != RECIPES[name].empty_on_sample


def test_every_recipe_has_an_oracle_and_the_other_way_round() -> None:
    assert {*ORACLES} == {*RECIPES}
    assert len(RECIPES) >= 40


def test_the_page_is_written_from_the_recipes() -> None:
    page = Path(__file__).parents[2] / "docs" / "cookbook.md"
    assert page.read_text(encoding="utf-8") == cookbook_page(), "write it again with scripts/cookbook"


def test_what_changed_names_what_only_two_builds_can_say() -> None:
    beyond = find_recipe("changed-since").beyond
    assert all(f"`{word}`" in beyond for word in (*CAUSES, *CHANGES))
    assert "kg diff previous current --what claim" in beyond
    assert beyond in cookbook_page()


# Asking for a recipe


def test_given_values_take_the_place_of_the_recipe_s_own() -> None:
    recipe = find_recipe("region-and-cell")
    assert recipe.values({"region": "UBERON:1"}) == {"region": "UBERON:1", "cell": recipe.parameters["cell"].value}


@pytest.mark.parametrize(
    ("given", "what"),
    [({"regoin": "UBERON:1"}, "no parameter 'regoin'"), ({"region": 5}, "'region' takes str, and 5 is int")],
)
def test_values_that_a_recipe_cannot_take_are_refused(given: dict[str, Any], what: str) -> None:
    recipe: Recipe = find_recipe("region-and-parts")
    with pytest.raises(QueryError, match=what):
        recipe.values(given)


def test_a_recipe_that_is_not_there_is_said_with_those_spelled_like_it() -> None:
    with pytest.raises(QueryError, match="did you mean region-and-parts"):
        find_recipe("region-and-part")
