"""The folder of a project with a laboratory, to which only is added.

lab.json       the properties that are measured, and the model that molecules come from
rounds/001/    measurements.csv as they were read, ledger.csv of rows that could not be, and the file itself
batches/001/   batch.csv, molecules that were suggested
measured.csv   all rounds together, a row a molecule: written anew each time, for other programs
model/         the model with a head that was fitted to the measurements, if that was asked for
models/001/    the model fine-tuned on the measurements up to that round, if that was
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molvae.errors import InputError, MissingFileError, OutputExistsError, SettingsError
from molvae.generation.model_folder import model_path, pretrained_names
from molvae.studies.lab.records import Entry, read_entries
from molvae.whole_files import write_whole

LAB_FILE, ROUNDS, BATCHES, MEASURED = "lab.json", "rounds", "batches", "measured.csv"
MODEL, MODELS = "model", "models"
MEASUREMENTS_FILE, LEDGER_FILE, BATCH_FILE = "measurements.csv", "ledger.csv", "batch.csv"
FORMAT, FORMAT_VERSION = "molvae lab", 1
#: Columns of measurements before those of the properties, and names that a batch has for others.
ROW_COLUMNS = ("row", "smiles")
TAKEN = (
    "row",
    "round",
    "suggestion",
    "smiles",
    "expected_improvement",
    "nearest_measured",
    "similarity",
    "operator",
    "parent",
)


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A project.

    Attributes:
        folder: where it is.
        properties: the columns that are measured.
        model: the folder that molecules come from, or the name of a model that comes with molvae.
        first_model: the one that `model` was fine-tuned from on what was measured; None if it was not.
    """

    folder: Path
    properties: tuple[str, ...]
    model: Path
    first_model: Path | None = None

    @property
    def base(self) -> Path:
        """The model that the project was given."""
        return self.model if self.first_model is None else self.first_model

    def rounds(self) -> list[Entry]:
        """The rounds of measurements. Raises InputError for one that is damaged."""
        return read_entries(self.folder / ROUNDS, MEASUREMENTS_FILE)

    def batches(self) -> list[Entry]:
        """The batches that count: others took the place of the rest. Raises InputError for a damaged one."""
        batches = read_entries(self.folder / BATCHES, BATCH_FILE)
        replaced = {number for batch in batches for number in batch.record["replaces"]}
        return [batch for batch in batches if batch.number not in replaced]


def open_lab(folder: Path) -> Lab:
    """The project in a folder.

    Raises:
        MissingFileError: there is none.
        InputError: its file is damaged, or from a newer molvae.
    """
    path = folder / LAB_FILE
    if not path.is_file():
        raise MissingFileError(
            f'"{folder}" holds no project; begin one: molvae learn {folder} FILE --model DIR --property NAME'
        )
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version, names, model = facts["format_version"], facts["properties"], facts["model"]
        first = facts.get("first_model")
        is_ours = facts["format"] == FORMAT and isinstance(version, int)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f'"{path}" is damaged; bring it back from a copy') from error
    if not is_ours:
        raise InputError(f'"{path}" is not from molvae learn; give another folder')
    if version > FORMAT_VERSION:
        raise InputError(f'"{path}" has format {version}, this molvae reads {FORMAT_VERSION}; update molvae')
    return Lab(
        folder=folder,
        properties=tuple(names),
        model=Path(model),
        first_model=None if first is None else Path(first),
    )


def begin_lab(folder: Path, properties: Sequence[str], model: Path) -> Lab:
    """A new project, in a folder that is empty or not there yet.

    Raises:
        OutputExistsError: the folder holds something else.
        SettingsError: no property is named, one twice, or one as a column of a batch is.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExistsError(f'"{folder}" exists and is no project; give another folder')
    if not properties:
        raise SettingsError("a new project needs what is measured: give --property NAME")
    for name in properties:
        if properties.count(name) > 1:
            raise SettingsError(f'property "{name}" is given twice; give it once')
        if not name.strip() or name in TAKEN:
            raise SettingsError(f'a property can\'t be called "{name}"; rename its column')
        for other in properties:
            if name in (f"predicted_{other}", f"predicted_{other}_spread"):
                raise SettingsError(
                    f'"{name}" is what predictions of "{other}" are called; rename its column'
                )
    lab = Lab(folder=folder, properties=tuple(properties), model=_lasting(model))
    save_lab(lab)
    return lab


def save_lab(lab: Lab) -> None:
    """Writes what the project is; its rounds and batches are files of their own."""
    facts: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "properties": list(lab.properties),
        "model": str(_lasting(lab.model)),
    }
    if lab.first_model is not None:
        facts["first_model"] = str(_lasting(lab.first_model))
    content = (json.dumps(facts, indent=2) + "\n").encode()
    write_whole({lab.folder / LAB_FILE: content}, remedy="choose a folder that can be written to")


def _lasting(model: Path) -> Path:
    """The model's path from wherever it is looked for; its name, if it comes with molvae."""
    if not model.exists() and str(model) in pretrained_names():
        return model
    return model_path(model).resolve()
