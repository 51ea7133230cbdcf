"""What a run is asked to do: a file, a folder, and every setting, from flags, a TOML table or Python."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from molvae.data.preparation import TokenizerSettings
from molvae.data.screening import CurationSettings
from molvae.data.splitting import SplitSettings
from molvae.data.table_settings import TableSettings
from molvae.models.autoencoder import AutoencoderSettings
from molvae.settings import gather, to_dict
from molvae.training.settings import TrainingSettings

#: The parts that a run's settings are made of, in the order of the help; their field names are distinct.
PARTS: dict[str, type[Any]] = {
    "table": TableSettings,
    "training": TrainingSettings,
    "network": AutoencoderSettings,
    "tokenizer": TokenizerSettings,
    "split": SplitSettings,
    "curation": CurationSettings,
}


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Everything that a run is made of; each part has its own class.

    Attributes:
        given: names of the settings that the user chose; all others have their default. With a base model
            the network and the curation follow it, but for those.
    """

    table: TableSettings = field(default_factory=TableSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    network: AutoencoderSettings = field(default_factory=AutoencoderSettings)
    tokenizer: TokenizerSettings = field(default_factory=TokenizerSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    curation: CurationSettings = field(default_factory=CurationSettings)
    given: frozenset[str] = frozenset()

    @classmethod
    def gathered(cls, table: Mapping[str, Any], flags: Mapping[str, Any], where: str) -> Self:
        """The settings from a flat TOML table (or keyword arguments) and flags, which win.

        Raises:
            SettingsError: a key is unknown, or a value of the wrong type or out of its range.
        """
        parts = gather(tuple(PARTS.values()), table, flags, where)
        names = {entry.name for part in parts for entry in dataclasses.fields(part)}
        given = frozenset(names & (table.keys() | flags.keys()))
        return cls(**dict(zip(PARTS, parts, strict=True)), given=given)

    def to_json(self) -> dict[str, dict[str, Any]]:
        """What decides a run's outcome, as JSON; what is read of the table is told by its key."""
        return {name: to_dict(getattr(self, name)) for name in PARTS if name != "table"}


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """A file, where to put the model, and how.

    Attributes:
        file: the table of SMILES.
        out: the run's folder, which becomes the model folder.
        cache: where curated tables and token arrays are kept.
        settings: see `RunSettings`.
        base_model: a model folder whose weights and tokenizer training starts from.
    """

    file: Path
    out: Path
    cache: Path
    settings: RunSettings = field(default_factory=RunSettings)
    base_model: Path | None = None
