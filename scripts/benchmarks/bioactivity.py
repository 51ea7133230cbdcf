"""The property head on bioactivities, against a random forest on Morgan fingerprints, on the same molecules.

    molvae data fetch moleculeace && python scripts/benchmarks/bioactivity.py MODEL

Three MoleculeACE sets (van Tilborg et al. 2022), the three with most molecules, with the split that comes
with them. The model is fine-tuned from MODEL on a set's training molecules; the forest has 500 trees on
2,048 Morgan bits of radius 2. Twice: with every label of the training part (molvae holds 5 % of them out to
calibrate on), and, over several draws, with 100 labels (molvae sees the other training molecules without
labels, the forest has no use for them; 1 % of all are held out, which is a label or two).
Printed: RMSE on the test part in log units, the ratio, and the share of test values in the head's 80 %
interval. A test molecule that the model can't read is predicted as the mean of the training labels.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from benchmark_machine import describe_machine
from sklearn.ensemble import RandomForestRegressor

from molvae.chem.fingerprints import morgan_bits
from molvae.chem.molecules import parse_smiles
from molvae.data.cache import cache_folder
from molvae.data.sources import source_file
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.prediction import predict_smiles
from molvae.interfaces import NORMAL_80, FloatArray
from molvae.training.request import RunRequest, RunSettings
from molvae.training.run import train_model

TARGETS = ("CHEMBL234_Ki", "CHEMBL214_Ki", "CHEMBL233_Ki")
NUM_LABELS = 100
#: Of the fine-tuning; chosen on other MoleculeACE sets (CHEMBL4005_Ki, CHEMBL204_Ki and CHEMBL219_Ki).
SETTINGS = {
    "properties": ["y"],
    "fingerprint_bits": 1024,
    "max_epochs": 30,
    "learning_rate": 1e-3,
    "batch_size": 64,
    "valid_every": 100,
    "test_rate": 0.0,
}
VALID_RATE, VALID_RATE_OF_FEW = 0.05, 0.01


class Score(NamedTuple):
    """RMSE of both, in log units, and the share of test values in the head's 80 % interval."""

    ours: float
    forest: float
    coverage: float


def forest_predictions(train: pd.DataFrame, test: pd.DataFrame, seed: int) -> FloatArray:
    """The peer's predictions for the test part."""
    forest = RandomForestRegressor(n_estimators=500, n_jobs=-1, random_state=seed)
    forest.fit(_bits(train), train["y"])
    predictions: FloatArray = forest.predict(_bits(test))
    return predictions


def _bits(table: pd.DataFrame) -> FloatArray:
    return morgan_bits([parse_smiles(text) for text in table["smiles"]]).astype(np.float32)


def fine_tuned(base: Path, train: pd.DataFrame, settings: RunSettings, folder: Path) -> MoleculeModel:
    """The model fine-tuned on the molecules and labels of a table, kept in the folder."""
    path = folder / "train.csv"
    train.to_csv(path, index=False)
    request = RunRequest(
        file=path, out=folder / "model", cache=folder / "cache", base_model=base, settings=settings
    )
    return train_model(request)[0]


def head_predictions(
    model: MoleculeModel, train: pd.DataFrame, test: pd.DataFrame
) -> tuple[FloatArray, FloatArray]:
    """The head's predictions for the test part, and their spreads; the labels' own where it can't read."""
    said = predict_smiles(model, test["smiles"].tolist())
    is_read = ~np.isnan(said.mean[:, 0])
    mean = np.where(is_read, said.mean[:, 0], train["y"].mean())
    return mean, np.where(is_read, said.spread[:, 0], train["y"].std())


def rmse(said: FloatArray, true: FloatArray) -> float:
    """Root mean squared error."""
    return float(np.sqrt(np.mean((said - true) ** 2)))


def score(
    base: Path, train: pd.DataFrame, labelled: pd.Index, test: pd.DataFrame, settings: RunSettings
) -> Score:
    """Both methods on one choice of labelled training molecules."""
    known = train.loc[labelled]
    partly = train.assign(y=train["y"].where(train.index.isin(labelled)))
    with tempfile.TemporaryDirectory() as folder:
        model = fine_tuned(base, partly, settings, Path(folder))
        mean, spread = head_predictions(model, partly, test)
    true = test["y"].to_numpy()
    forest = forest_predictions(known, test, settings.training.seed)
    covered = np.abs(true - mean) <= NORMAL_80 * spread
    return Score(rmse(mean, true), rmse(forest, true), float(covered.mean()))


def main() -> None:
    """Fine-tunes, compares and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a model folder trained on MOSES")
    parser.add_argument("--draws", type=int, default=5, help="draws of 100 labels for each target")
    parser.add_argument("--targets", nargs="+", default=list(TARGETS))
    arguments = parser.parse_args()
    print(describe_machine())
    for target in arguments.targets:
        table = pd.read_csv(source_file("moleculeace", f"{target}.csv", cache_folder()))
        train = table[table["split"] == "train"][["smiles", "y"]].reset_index(drop=True)
        test = table[table["split"] == "test"][["smiles", "y"]].reset_index(drop=True)
        few: list[Score] = []
        for draw in range(arguments.draws + 1):
            labelled = train.index if draw == 0 else train.sample(NUM_LABELS, random_state=draw).index
            rate = VALID_RATE if draw == 0 else VALID_RATE_OF_FEW
            own = {"seed": draw, "split_seed": draw, "valid_rate": rate}
            settings = RunSettings.gathered(SETTINGS | own, {}, "bioactivity")
            started = time.perf_counter()
            result = score(arguments.model, train, labelled, test, settings)
            print(
                f"{target}, {len(labelled)} labels, seed {draw}: molvae {result.ours:.3f}, forest "
                f"{result.forest:.3f}, ratio {result.ours / result.forest:.3f}, 80 % interval holds "
                f"{result.coverage:.2f} ({time.perf_counter() - started:.0f} s)",
                flush=True,
            )
            if draw > 0:
                few.append(result)
        if few:
            ours, forest = np.mean([s.ours for s in few]), np.mean([s.forest for s in few])
            print(f"{target}, {NUM_LABELS} labels, mean of {len(few)}: ratio {ours / forest:.3f}")


if __name__ == "__main__":
    main()
