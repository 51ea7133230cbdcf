"""The loop: when it stops, what it returns, and that an interrupted search goes on the same way."""

from pathlib import Path

import numpy as np
import pytest

from molvae.errors import SettingsError
from molvae.interfaces import FloatArray, Optimizer, Proposals
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.search import MAX_IDLE_BATCHES, search
from tests.tables import OPTIMIZERS, ORACLES, ToyLatentModel, toy_smiles


class Scripted:
    """Proposes a list of molecules, a batch at a time, over and over, without latents."""

    def __init__(self, smiles: list[str]) -> None:
        self._smiles = smiles
        self.told: list[float] = []

    def ask(self, num_proposals: int) -> Proposals:
        batch = [self._smiles[row % len(self._smiles)] for row in range(num_proposals)]
        return Proposals(batch, None, ["script"] * num_proposals, [""] * num_proposals)

    def tell(self, proposals: Proposals, scores: FloatArray) -> None:
        self.told.extend(scores.tolist())


class OneByOne(Scripted):
    """Proposes the next molecules of its list, each once."""

    def ask(self, num_proposals: int) -> Proposals:
        batch, self._smiles = self._smiles[:num_proposals], self._smiles[num_proposals:]
        return Proposals(batch, None, ["script"] * len(batch), [""] * len(batch))


def test_a_search_without_new_molecules_stalls_in_the_end() -> None:
    smiles = [toy_smiles([1, 2]), toy_smiles([4, 4]), ""]
    result = search(Scripted(smiles), BudgetedOracle(ORACLES["linear"], 10), batch_size=3)
    assert result.stop_reason == "stalled"
    assert result.num_batches == 1 + MAX_IDLE_BATCHES
    assert [entry.call.score for entry in result.molecules] == [2 * 1.0 + 2 * 2.0, -1 * 1.0 + 0 * 2.0]
    assert [entry.rank for entry in result.molecules] == [1, 2]
    assert [entry.call.number for entry in result.molecules] == [2, 1]
    assert result.molecules[0].latent is None


def test_repeats_are_told_with_their_score_and_failures_are_counted() -> None:
    optimizer = Scripted([toy_smiles([4, 0]), toy_smiles([3, 3]), toy_smiles([2, 2])])
    result = search(optimizer, BudgetedOracle(ORACLES["flaky"], 2), batch_size=4)
    assert np.isnan(optimizer.told).all(), "iodine fails, bromine too, the third is beyond the budget"
    assert result.num_failed == 2
    assert result.molecules == []
    assert result.stop_reason == "budget spent"


def test_each_molecule_comes_with_the_latent_it_was_decoded_from() -> None:
    model = ToyLatentModel()
    optimizer = OPTIMIZERS["cma-es"](model, ORACLES["linear"], [], 0)
    result = search(optimizer, BudgetedOracle(ORACLES["linear"], 30))
    for entry in result.molecules:
        assert entry.latent is not None
        assert model.decode(entry.latent[None, :]) == [entry.call.smiles]


class CrashError(Exception):
    """Stands for a crash."""


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_interrupted_search_goes_on_as_if_nothing_had_happened(optimizer: str, tmp_path: Path) -> None:
    objective, starts = ORACLES["flaky"], [toy_smiles([2] * 12)]

    def stop_in_the_middle(oracle: BudgetedOracle) -> None:
        if oracle.remaining < 25:
            raise CrashError

    def oracle_on(name: str) -> BudgetedOracle:
        return BudgetedOracle(objective, 50, tmp_path / name)

    def build() -> Optimizer:
        return OPTIMIZERS[optimizer](ToyLatentModel(), objective, starts, 8)

    search(build(), oracle_on("whole.csv"), batch_size=7)
    with pytest.raises(CrashError):
        search(build(), oracle_on("resumed.csv"), batch_size=7, on_batch=stop_in_the_middle)
    search(build(), oracle_on("resumed.csv"), batch_size=7)
    assert (tmp_path / "resumed.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_batch_size_below_one_is_refused() -> None:
    with pytest.raises(SettingsError, match='the batch size is "0": ask for at least 1 molecule'):
        search(Scripted(["C"]), BudgetedOracle(ORACLES["linear"], 10), batch_size=0)


def test_a_search_stops_where_it_is_told_to() -> None:
    oracle = BudgetedOracle(ORACLES["linear"], 50)
    optimizer = OPTIMIZERS["random-prior"](ToyLatentModel(), ORACLES["linear"], [], 0)
    result = search(optimizer, oracle, 10, is_done=lambda oracle: len(oracle.history) >= 20)
    assert (len(result.curve), result.stop_reason, oracle.remaining) == (20, "done", 30)


def test_a_search_stops_on_a_plateau_and_counts_calls_from_the_best() -> None:
    levels = [[1, 2], [4, 4], [0, 0], [1, 1], [2, 2], [3, 3], [0, 1], [0, 2], [0, 3]]
    oracle = BudgetedOracle(ORACLES["linear"], 9)
    smiles = [toy_smiles(row) for row in levels]
    result = search(OneByOne(smiles), oracle, batch_size=1, patience=4)
    assert result.stop_reason == "plateau"
    assert (len(result.curve), oracle.calls_since_best) == (6, 4), "the second molecule is the best"
    patient = search(OneByOne(smiles), BudgetedOracle(ORACLES["linear"], 9), batch_size=1, patience=7)
    assert (len(patient.curve), patient.stop_reason) == (9, "budget spent")
    failing = BudgetedOracle(ORACLES["flaky"], 9)
    assert search(Scripted([toy_smiles([4, 0])]), failing, batch_size=1, patience=1).stop_reason == "plateau"
    with pytest.raises(SettingsError, match='the patience is "0": wait for at least 1 call'):
        search(Scripted(["C"]), BudgetedOracle(ORACLES["linear"], 10), patience=0)
