"""Configuration: the files that a person may edit, topics, organizations and rules, read once a process.

Those of STORYFOLD_CONFIG_DIR stand for, or over, those that come with the package.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from config.settings import BUNDLED_FOLDER
from storyfold.errors import SettingsError
from worker.normalize.item import Context
from worker.normalize.providers import Organizations, load_organizations
from worker.normalize.rule_file import load_rules
from worker.normalize.rules import Rules
from worker.normalize.taxonomy import Taxonomy
from worker.normalize.topics import load_taxonomy

RULES_FILE = "rules.yaml"


class Configuration:
    """What the configuration folder says, each part read when it is first needed.

    Args:
        folder: STORYFOLD_CONFIG_DIR; None for what comes with the package.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def check(self) -> None:
        """Read everything now.

        Raises:
            SettingsError: one line that names the file and its fault.
        """
        _ = self.taxonomy, self.organizations, self.rules

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """Topics: the folder's own, else the bundled ones."""
        return load_taxonomy(self._part("topics"))

    @cached_property
    def rules(self) -> Rules:
        """The operator's rules; the bundled file, which has none, when the folder has no such file."""
        folders = (self._folder or BUNDLED_FOLDER, BUNDLED_FOLDER)
        path = next(path for folder in folders if (path := folder / RULES_FILE).exists())
        return load_rules(path, self.taxonomy)

    @cached_property
    def organizations(self) -> Organizations:
        """Publishers of the package, and over them those of the folder."""
        folders = (BUNDLED_FOLDER / "organizations", self._part("organizations"))
        return load_organizations(*dict.fromkeys(folders))

    def context(self, collection: str) -> Context:
        """What normalizing for a collection needs besides the entry."""
        return Context(
            collection=collection,
            taxonomy=self.taxonomy,
            organizations=self.organizations,
            rules=self.rules,
        )

    def _part(self, name: str) -> Path:
        if self._folder is not None and not self._folder.is_dir():
            raise SettingsError(f"STORYFOLD_CONFIG_DIR: there is no folder {str(self._folder)!r}")
        if self._folder is not None and (self._folder / name).is_dir():
            return self._folder / name
        return BUNDLED_FOLDER / name
