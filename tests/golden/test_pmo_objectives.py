"""The PMO objectives against scores that the benchmark's published implementation gives.

`pmo_objectives.csv` holds 250 molecules that were scored with the implementation of Gao et al. (PMO, NeurIPS
2022), one task a process, with the objectives of formulas as they have been since PyTDC 0.3.7. None has the
substructure of valsartan_smarts, which `tests/optimization/test_pmo_objectives.py` covers, as it does the
formulas before.
"""

import csv
from pathlib import Path

import pytest

from molvae.optimization.pmo_objectives import PMO_SCORES, pmo_objective

with (Path(__file__).parent / "pmo_objectives.csv").open(encoding="utf-8") as _file:
    ROWS = list(csv.DictReader(_file))


def test_there_is_a_column_for_each_objective() -> None:
    assert set(ROWS[0]) == {"smiles", *PMO_SCORES}


@pytest.mark.parametrize("name", PMO_SCORES)
def test_every_published_score_is_reached_to_a_millionth(name: str) -> None:
    published = [float(row[name]) for row in ROWS]
    scores = pmo_objective(name).function([row["smiles"] for row in ROWS]).scores
    assert scores == pytest.approx(published, abs=1e-6, rel=0)
