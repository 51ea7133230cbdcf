"""A project's model fine-tuned on all that was measured; the one that it began with stays as it is.

models/003/        the model after round 3, from which molecules are suggested from then on
models/003.csv     what it was fine-tuned on

Each one starts from the first model again, so that no round counts twice.
"""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from molvae.data.cache import cache_folder
from molvae.errors import InputError, SettingsError
from molvae.studies.lab.history import History, settled_values
from molvae.studies.lab.project import MODELS, Lab, save_lab
from molvae.studies.lab.records import folder_of, table_bytes
from molvae.training.request import RunRequest, RunSettings
from molvae.training.run import train_model
from molvae.whole_files import write_whole

logger = logging.getLogger(__name__)

#: Fewer molecules than this tell a model next to nothing.
LEAST_MOLECULES = 40
#: Those that served on bioactivities (`scripts/benchmarks/bioactivity.py`).
SETTINGS = {
    "max_epochs": 30,
    "learning_rate": 1e-3,
    "batch_size": 64,
    "valid_every": 100,
    "valid_rate": 0.05,
    "test_rate": 0.0,
}


def update_model(lab: Lab, history: History, seed: int) -> tuple[Lab, int]:
    """Fine-tunes the model on the history, and makes it the project's; the same command goes on with it.

    One that was made after the same round, but otherwise, is replaced.

    A censored value counts as what the judge expects it to be within its bounds.

    Returns:
        The project, whose model it is now, and how many molecules it was fine-tuned on.

    Raises:
        InputError: too few molecules are measured.
    """
    if len(history.smiles) < LEAST_MOLECULES:
        raise InputError(
            f'"{len(history.smiles)}" molecules are measured; to fine-tune the model takes '
            f"{LEAST_MOLECULES}: measure more, and leave out --update-model until then, or give --update-head"
        )
    values = settled_values(history).tolist()
    out = folder_of(lab.folder / MODELS, lab.rounds()[-1].number)
    table = out.with_suffix(".csv")
    cells = [["" if np.isnan(value) else f"{value:.12g}" for value in row] for row in values]
    rows = [(smiles, *row) for smiles, row in zip(history.smiles, cells, strict=True)]
    content = table_bytes(["smiles", *lab.properties], rows)
    write_whole({table: content}, remedy="no measurement is lost; free some space")
    own = {"properties": list(lab.properties), "regression": list(lab.properties), "seed": seed}
    request = RunRequest(
        file=table,
        out=out,
        cache=cache_folder(),
        settings=RunSettings.gathered(SETTINGS | own, {}, "fine-tuning a project's model"),
        base_model=lab.base,
    )
    try:
        train_model(request, resume=True)
    except SettingsError:  # it is there already, of other settings or an earlier form of the history
        logger.warning('the model in "%s" was made otherwise, and is made anew', out)
        save_lab(replace(lab, model=lab.base, first_model=None))  # until there is one again
        train_model(request, overwrite=True)
    lab = replace(lab, model=Path(out), first_model=lab.base)
    save_lab(lab)
    return lab, len(history.smiles)
