"""Settings: precedence, relative paths, and errors that name the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from kg.config import KgConfig, curated_dir, load_config, sample_dir
from kg.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    file = folder / "kg.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_paths_are_relative_to_the_settings_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, '[sources.dandi]\npath = "records"\n[build]\nout = "graphs"\n'))
    assert config.sources.dandi is not None
    assert config.sources.dandi.path == (str(tmp_path / "records"),)
    assert config.build.out == tmp_path / "graphs"


def test_a_path_may_be_a_list(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, '[sources.pubmed]\npath = ["a.xml", "b/*.gz"]\n'))
    assert config.sources.pubmed is not None
    assert config.sources.pubmed.path == (str(tmp_path / "a.xml"), str(tmp_path / "b/*.gz"))


def test_the_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KG_BUILD__PROCESSES", "3")
    assert load_config(write(tmp_path, "[build]\nprocesses = 1\n")).build.processes == 3


def test_without_a_file_the_sample_is_built_into_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config()
    assert config.sources.dandi is not None
    assert config.sources.dandi.path[0].startswith(str(sample_dir()))
    assert config.build.out == tmp_path / "builds"


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('[sources.dandy]\npath = "x"\n', "sources.dandy", "dandi, pubmed, wiki"),
        ("[build]\nprocesses = -1\n", "build.processes", "greater than or equal to 0"),
        ("[query]\ntimeout_s = 'soon'\n", "query.timeout_s", "'soon'"),
        ("[link]\nscope = []\n", "link.scope", "minimum_score, scopes"),
        ("[link]\nscopes = ['exakt']\n", "link.scopes.0", "'exact'"),
        ("[sources.dandi]\npath = 7\n", "sources.dandi.path", "give a path, or a list of paths"),
        ('[sources.dandi]\npth = "dandisets/"', "sources.dandi.pth", "there is no such setting (and 1 more)"),
        ("[sources.dandi]", "sources.dandi.path", "the setting is missing"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, key: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    assert caught.value.where == f"{tmp_path / 'kg.toml'}: {key}"
    assert said in str(caught.value)


def test_a_file_that_is_no_toml_says_where_it_breaks(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="line 2"):
        load_config(write(tmp_path, "[build]\nkeep = five\n"))


def test_a_missing_file_is_an_error_and_not_the_sample(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such settings file"):
        load_config(tmp_path / "absent.toml")


def test_the_package_finds_its_tables() -> None:
    assert (curated_dir() / "mechanisms.yaml").is_file()


def test_every_setting_is_in_the_documentation() -> None:
    page = (Path(__file__).parent.parent / "docs/configuration.md").read_text(encoding="utf-8")
    sections: list[type[BaseModel]] = [KgConfig]
    names = set()
    for section in sections:  # grows while it is gone through
        names |= {*section.model_fields}
        for field in section.model_fields.values():
            kinds = (field.annotation, *getattr(field.annotation, "__args__", ()))
            sections += [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    assert len(names) > 70
    assert sorted(name for name in names if name not in page) == []


def test_the_documented_example_is_valid(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent / "docs/configuration.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    config = load_config(write(tmp_path, example.replace("~/.cache/neurokg", str(tmp_path / "cache"))))
    assert config.query.row_limit == 10_000


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("KG_BUILD__KEEP", "abc", "KG_BUILD__KEEP"),
        ("KG_SOURCES__WIKI", "{", "environment"),
        ("KG_LINK__SCOPES", '["exakt"]', "KG_LINK__SCOPES"),
    ],
)
def test_a_wrong_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=said):
        load_config(write(tmp_path, ""))


def test_paths_from_the_environment_are_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("KG_CACHE_DIR", raising=False)
    monkeypatch.setenv("KG_SOURCES__WIKI__PATH", '["pages"]')
    config = load_config(write(tmp_path, 'cache_dir = "cache"\n'))
    assert config.sources.wiki is not None
    assert config.sources.wiki.path == (str(tmp_path / "here/pages"),)
    assert config.cache_dir == tmp_path / "cache"
