"""Which rules are reported, and how grave they are: the settings' say over the rules' own."""

from __future__ import annotations

from typing import NamedTuple

from kg.config import WikiLintConfig
from kg.errors import ConfigError
from kg.model import Severity
from kg.wiki.findings import RULES


class Selection(NamedTuple):
    """The rules that are reported, and the severity of each."""

    codes: frozenset[str]
    severities: dict[str, Severity]

    @classmethod
    def from_config(cls, config: WikiLintConfig) -> Selection:
        """Take the settings' word.

        Raises
        ------
        ConfigError
            If no rule's code begins so.
        """
        for field, given in (("select", config.select), ("ignore", config.ignore), ("severity", config.severity)):
            for code in given:
                known = code in RULES if field == "severity" else any(rule.startswith(code) for rule in RULES)
                if not known or not code:
                    raise ConfigError(
                        f"no rule of the linter is called {code!r}",
                        f"wiki.lint.{field}",
                        f"its rules are {min(RULES)} to {max(RULES)}: docs/wiki-lint.md",
                    )
        selected = {code for code in RULES if code.startswith(config.select)}
        ignored = {code for code in RULES if code.startswith(config.ignore)} if config.ignore else set()
        severities = {code: Severity(config.severity.get(code, rule.severity)) for code, rule in RULES.items()}
        return cls(frozenset(selected - ignored), severities)

    def is_selected(self, code: str) -> bool:
        """Say whether findings of a rule are reported."""
        return code in self.codes

    def severity(self, code: str) -> Severity:
        """Give how grave a rule's findings are."""
        return self.severities[code]
