"""Read the settings: ``kg.toml`` below the environment, with every path made absolute."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsError

from kg.config.folders import sample_dir
from kg.config.settings import KgConfig, SourceConfig, SourcesConfig, VocabularyConfig
from kg.errors import ConfigError

#: Name of the settings file that is looked for in the working directory.
CONFIG_NAME = "kg.toml"


class _FileConfig(KgConfig):
    """Settings with a file below the environment."""

    #: What the file holds, by the time that settings are made of it.
    file_values: ClassVar[dict[str, Any]] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the file below the environment."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, cls.file_values)


def _read(values: dict[str, Any]) -> KgConfig:
    merged = type("KgConfig", (_FileConfig,), {"file_values": values, "__module__": __name__})()
    return KgConfig(**dict(merged))


def load_config(path: Path | None = None) -> KgConfig:
    """Read the settings.

    Parameters
    ----------
    path : Path, optional
        Settings file. Without one, ``kg.toml`` of the working directory if it is there, else the
        bundled sample's.

    Returns
    -------
    KgConfig
        With every path absolute.

    Raises
    ------
    ConfigError
        Naming the file and the key, if the file is absent, is no TOML, or a setting can't be used.
    """
    file = path or Path(CONFIG_NAME)
    if not file.is_file():
        if path is not None:
            raise ConfigError(
                "there is no such settings file",
                str(path),
                "give an existing file with --config, or leave it out",
            )
        file = sample_dir() / CONFIG_NAME
        anchor_out = Path.cwd()
    else:
        anchor_out = file.resolve().parent
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not valid TOML: {error}", str(file), "see docs/configuration.md for an example") from error
    try:
        config = _read(_anchored(raw, file.resolve().parent, anchor_out))
    except ValidationError as error:
        raise _config_error(error, file) from error
    except SettingsError as error:
        raise ConfigError(
            f"a setting can't be read: {error}",
            "the environment",
            "write lists as JSON: KG_SOURCES__WIKI__PATH='[\"wiki\"]'",
        ) from error
    return _absolute(config)


def _config_error(error: ValidationError, file: Path) -> ConfigError:
    # A misspelt name is two errors, the setting that is missing and the one that isn't known: the latter says more.
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in first["loc"])
    variable = "KG_" + "__".join(str(part) for part in first["loc"] if isinstance(part, str)).upper()
    where = f"the environment: {variable}" if variable in os.environ else f"{file}: {key}"
    rest = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        what, mend = f"there is no such setting{rest}", f"the settings here are: {', '.join(_siblings(first['loc']))}"
    elif first["type"] == "missing":
        what, mend = f"the setting is missing{rest}", "see docs/configuration.md"
    else:
        said = first["msg"].removeprefix("Value error, ")
        what, mend = f"{said[:1].lower()}{said[1:]}, not {first['input']!r}{rest}", "see docs/configuration.md"
    return ConfigError(what, where, mend, key=key)


def _siblings(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = KgConfig
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        if field is None:
            break
        annotation = field.annotation
        for candidate in (annotation, *getattr(annotation, "__args__", ())):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
                break
    return sorted(model.model_fields)


def _anchored(raw: dict[str, Any], anchor: Path, anchor_out: Path) -> dict[str, Any]:
    """Make a file's paths absolute: relative to the file, but a sample's builds go to the working directory."""

    def under(folder: Path, value: object) -> object:
        if isinstance(value, str):
            return str(folder / Path(value).expanduser())
        return [under(folder, item) for item in value] if isinstance(value, list) else value

    anchored = {name: dict(section) if isinstance(section, dict) else section for name, section in raw.items()}
    path_settings = {
        "vocabularies": ("paths", "curated", "sources"),
        "build": ("out",),
        "harvest": ("store",),
        "neo4j": ("home",),
        "nightly": ("pages", "pages_to"),
    }
    for section, keys in path_settings.items():
        table = anchored.get(section)
        if not isinstance(table, dict):
            continue  # validation says what is wrong with it
        for key in keys:
            if key in table:
                table[key] = under(anchor_out if key in ("out", "store") else anchor, table[key])
    if isinstance(sources := anchored.get("sources"), dict):
        for name, source in sources.items():
            if isinstance(source, dict) and "path" in source:
                sources[name] = {**source, "path": under(anchor, source["path"])}
    if isinstance(harvest := anchored.get("harvest"), dict):
        for name, keys in (("pubmed", ("id_files", "mirror")), ("wiki", ("url",))):
            if isinstance(source := harvest.get(name), dict):
                local = {key: source[key] for key in keys if key in source and "://" not in str(source[key])}
                harvest[name] = {**source, **{key: under(anchor, value) for key, value in local.items()}}
    if "cache_dir" in anchored:
        anchored["cache_dir"] = under(anchor, anchored["cache_dir"])
    return anchored


def _absolute(config: KgConfig) -> KgConfig:
    """Make what is still relative, from the environment or a default, relative to the working directory."""

    def source(found: SourceConfig | None) -> SourceConfig | None:
        return found and SourceConfig(path=tuple(str(_full(path)) for path in found.path))

    sources, vocabularies = config.sources, config.vocabularies
    return config.model_copy(
        update={
            "sources": SourcesConfig(
                dandi=source(sources.dandi), pubmed=source(sources.pubmed), wiki=source(sources.wiki)
            ),
            "build": config.build.model_copy(update={"out": _full(config.build.out)}),
            "harvest": config.harvest.model_copy(update={"store": _full(config.harvest.store)}),
            "vocabularies": VocabularyConfig(
                paths=tuple(str(_full(path)) for path in vocabularies.paths),
                curated=vocabularies.curated and _full(vocabularies.curated),
                sources=vocabularies.sources and _full(vocabularies.sources),
            ),
            "neo4j": config.neo4j.model_copy(update={"home": _full(config.neo4j.home)}),
            "nightly": config.nightly.model_copy(
                update={
                    "pages": tuple(str(_full(path)) for path in config.nightly.pages),
                    "pages_to": config.nightly.pages_to and _full(config.nightly.pages_to),
                }
            ),
            "cache_dir": _full(config.cache_dir),
        }
    )


def _full(path: str | Path) -> Path:
    return Path.cwd() / Path(path).expanduser()
