"""Passwords, keys and tokens: they are in the environment alone, since settings files are shared."""

from __future__ import annotations

import os
from collections.abc import Mapping


def neo4j_password(environ: Mapping[str, str] = os.environ) -> str | None:
    """Give the password of the Neo4j server, which is in the environment alone: settings files are shared."""
    variable = neo4j_password_variable(environ)
    return environ[variable] if variable else None


def neo4j_password_variable(environ: Mapping[str, str] = os.environ) -> str | None:
    """Name the environment's variable that the password of the Neo4j server is in, if there is one."""
    return next((name for name in ("KG_NEO4J_PASSWORD", "NEO4J_PASSWORD") if environ.get(name)), None)


def dandi_token(environ: Mapping[str, str] = os.environ) -> str | None:
    """Give the token of the DANDI archive, where it needs one; it is in the environment alone."""
    return environ.get("KG_DANDI_TOKEN") or None


def ncbi_api_key(environ: Mapping[str, str] = os.environ) -> str | None:
    """Give the key that NCBI allows ten requests a second with; it is in the environment alone."""
    return environ.get("KG_NCBI_API_KEY") or None


def wiki_token(environ: Mapping[str, str] = os.environ) -> str | None:
    """Give the token of the wiki's API, where it needs one; it is in the environment alone."""
    return environ.get("KG_WIKI_TOKEN") or None
