"""A table of molecules with a label each in, the classes that models are asked about out.

A label is a text, such as active and inactive, or on which side of a threshold a number is. What a model was
trained on is left out: the models have never seen any of these molecules, and nobody told them of classes.
"""

import hashlib
import logging
import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from molvae.data.bulk import screen_chunks
from molvae.data.reading import open_table
from molvae.data.screening import CurationSettings
from molvae.data.values import UnreadableValueError, read_value
from molvae.errors import InputError, SettingsError
from molvae.generation.latent_model import MoleculeModel

logger = logging.getLogger(__name__)

#: Molecules that a class must have, half of them to know it by; and classes and molecules, at most.
LEAST, MOST_CLASSES, MOST_MOLECULES = 20, 5, 2_000

TextArray = npt.NDArray[np.str_]


@dataclass(frozen=True, kw_only=True)
class ClassFile:
    """Where classes are.

    Attributes:
        path: a table of SMILES.
        column: of its labels.
        threshold: where the labels are numbers, what divides them in two classes, in their unit; a number
            that equals it is in the upper one.
    """

    path: Path
    column: str
    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.threshold is not None and not math.isfinite(self.threshold):
            raise SettingsError(f'class_threshold is "{self.threshold}"; give a finite number')


@dataclass(frozen=True, eq=False)
class Labelled:
    """Molecules of some classes.

    Attributes:
        smiles: canonical SMILES, `N` of them.
        labels: `(N,)`.
    """

    smiles: Sequence[str]
    labels: TextArray

    @cached_property
    def checksum(self) -> str:
        """Tells these molecules with these labels from others."""
        lines = "\n".join(f"{text} {label}" for text, label in zip(self.smiles, self.labels, strict=True))
        return hashlib.sha256(lines.encode()).hexdigest()[:16]


def read_classes(file: ClassFile) -> Labelled:
    """The molecules of the file that have a label, each once.

    One that stands there with several labels has none; with several numbers it has the median of them.

    Raises:
        MissingFileError: there is no such file.
        InputError: it can't be read, lacks the column, or has no label in it.
    """
    cells: dict[str, list[str]] = {}
    for smiles, cell in _rows(file):
        cells.setdefault(smiles, []).append(cell)
    labels = {
        smiles: label
        for smiles, texts in cells.items()
        if (label := _agreed(texts) if file.threshold is None else _side(texts, file, file.threshold))
    }
    if not labels:
        what = "label" if file.threshold is None else "number"
        raise InputError(f'the column "{file.column}" of "{file.path}" has no {what} of a molecule in it')
    logger.info("%d of %d molecules have a class", len(labels), len(cells))
    return Labelled(list(labels), np.array(list(labels.values()), dtype=np.str_))


def _rows(file: ClassFile) -> Iterator[tuple[str, str]]:
    """Canonical SMILES and cell of each row that holds a usable molecule."""
    table = open_table(file.path, None, (file.column,))
    for chunk, screened in screen_chunks(table.chunks(), CurationSettings()):
        for (cell,), found in zip(chunk.properties, screened, strict=True):
            if not found.reason:
                yield found.smiles, cell


def _agreed(cells: Sequence[str]) -> str:
    """The one label of these cells; "" if there is none, or more than one."""
    labels = {cell.strip() for cell in cells if not _is_missing(cell)}
    return labels.pop() if len(labels) == 1 else ""


def _is_missing(cell: str) -> bool:
    try:
        return math.isnan(read_value(cell, "yes/no"))
    except UnreadableValueError:
        return False


def _side(cells: Sequence[str], file: ClassFile, threshold: float) -> str:
    """On which side of the threshold the median of these cells is; "" if none is a number."""
    numbers = [number for cell in cells if not math.isnan(number := _number(cell))]
    if not numbers:
        return ""
    return f"{file.column} {'>=' if np.median(numbers) >= threshold else '<'} {threshold:g}"


def _number(cell: str) -> float:
    try:
        return read_value(cell, "regression")
    except UnreadableValueError:
        return math.nan


def placeable(
    classes: Labelled, models: Sequence[MoleculeModel], held_out: Collection[str], seed: int, where: str
) -> Labelled:
    """Of these molecules those that no model was trained on and all can read, of classes that have enough.

    Args:
        classes: the molecules.
        models: all that are measured.
        held_out: molecules of the models' table that none was trained on.
        seed: chooses some where there are more than `MOST_MOLECULES`.
        where: what the file is called in a message.

    Raises:
        InputError: fewer than two classes have `LEAST` such molecules.
    """
    unseen = set(held_out)
    is_kept = np.array([text in unseen for text in classes.smiles]) | ~np.any(
        [model.training_keys.contains(classes.smiles) for model in models], axis=0
    )
    num_seen = int((~is_kept).sum())
    for model in models:
        readable = np.zeros(len(is_kept), dtype=bool)
        readable[model.readable(classes.smiles).places] = True
        is_kept &= readable
    counts = Counter(classes.labels[is_kept].tolist()).most_common(MOST_CLASSES)
    common = [label for label, count in counts if count >= LEAST]
    if len(common) < 2:
        told = ", ".join(f'{count} of "{label}"' for label, count in counts) or "none"
        raise InputError(
            f"of the molecules of {where} {num_seen} were trained on, and of the others all models can read "
            f'{told}: two classes need "{LEAST}" each'
        )
    rows = np.flatnonzero(is_kept & np.isin(classes.labels, common))
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_MOLECULES])
    logger.info("%d molecules of %d classes are placed; %d were trained on", len(rows), len(common), num_seen)
    return Labelled([classes.smiles[row] for row in rows.tolist()], classes.labels[rows])
