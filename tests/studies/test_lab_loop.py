"""The loop with a laboratory on the toy: batches against as many random draws."""

from pathlib import Path

import numpy as np
import pandas as pd

from molvae.chem.molecules import parse_smiles
from molvae.chem.properties import log_p
from molvae.optimization.constraints import ConstraintSettings
from molvae.optimization.desired_property import DesiredProperty
from molvae.optimization.goal import Goal
from molvae.studies.lab.intake import take_in
from molvae.studies.lab.project import Lab
from molvae.studies.lab.suggesting import SuggestSettings, suggest_batch
from tests.tables import ToyLatentModel

DIM = 8
GOAL = Goal(
    properties=(DesiredProperty(name="activity", source="predicted", maximize=True),),
    constraints=ConstraintSettings(pains=False, reactive=False),
)


def measure(smiles: str) -> float:
    """logP, of toy molecules and of whatever edits make of them."""
    return log_p(parse_smiles(smiles))


def draws(seed: int, num_draws: int) -> list[str]:
    model = ToyLatentModel(DIM)
    drawn = dict.fromkeys(model.decode(model.sample_latents(3 * num_draws, np.random.default_rng(seed))))
    return list(drawn)[:num_draws]


def test_batches_find_better_than_as_many_random_draws(tmp_path: Path) -> None:
    gains = []
    for seed in range(2):
        lab = Lab(folder=tmp_path / str(seed), properties=("activity",), model=tmp_path)
        lab.folder.mkdir()
        batch, measured = draws(seed, 15), []
        for number in range(3):
            measured += [measure(smiles) for smiles in batch]
            path = lab.folder / f"{number}.csv"
            pd.DataFrame({"smiles": batch, "activity": measured[-len(batch) :]}).to_csv(path, index=False)
            take_in(lab, path)
            settings = SuggestSettings(
                num_molecules=10, candidates=12, max_similarity=1.0, familiar=False, seed=seed
            )
            out = tmp_path / f"{seed}-{number}.csv"
            found = suggest_batch(lab, ToyLatentModel(DIM), GOAL, settings, out)
            batch = found.table["smiles"].tolist()
            assert len(set(batch)) == 10
        random = [measure(smiles) for smiles in draws(seed + 100, len(measured))]
        gains.append(max(measured) - max(random))
    assert np.mean(gains) > 1
