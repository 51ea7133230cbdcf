"""Grafts: what they are made of, and when it is drawn anew."""

from collections.abc import Sequence

import numpy as np
import pytest
from rdkit import Chem

from molvae.interfaces import FloatArray, Proposals
from molvae.optimization import grafts
from molvae.optimization.choices import build_optimizer
from molvae.optimization.grafts import GRAFT, Grafts
from molvae.optimization.memory import Memory
from molvae.optimization.objectives import Objective
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.search import search
from tests.tables import ORACLES, TWO_AIMS, ToyLatentModel, toy_smiles

ETHANOL = "CCO"
#: All that comes of ethanol and a part of fluorobenzene.
GRAFTED = {
    *("OCCF", "CC(O)F", "CCOF", "OCCc1ccccc1", "CC(O)c1ccccc1", "CCOc1ccccc1"),  # for a hydrogen
    *("CCF", "CF", "OCF", "OF", "CCc1ccccc1", "Cc1ccccc1", "OCc1ccccc1", "Oc1ccccc1"),  # for a part
}


class ConstantModel(ToyLatentModel):
    """A model whose latents all are one molecule; it counts how often it was asked for some."""

    def __init__(self, smiles: str) -> None:
        super().__init__()
        self._smiles = smiles
        self.num_asked = 0

    def decode(self, latents: FloatArray) -> list[str]:
        self.num_asked += 1
        return [self._smiles] * len(latents)


def grafts_on(smiles: Sequence[str], model: ToyLatentModel) -> Grafts:
    memory = Memory(model, [])
    memory.tell(
        Proposals(smiles=list(smiles), latents=None, operator=[""] * len(smiles), parents=[""] * len(smiles)),
        np.arange(len(smiles), dtype=np.float64),
    )
    return Grafts(model, memory, np.random.default_rng(0))


def test_a_part_of_a_draw_takes_the_place_of_a_hydrogen_or_of_a_part() -> None:
    found = grafts_on([ETHANOL], ConstantModel("Fc1ccccc1")).make(GRAFT, 400)
    assert {candidate.smiles for candidate in found} == GRAFTED
    assert {(one.operator, one.parent, one.latent) for one in found} == {(GRAFT, ETHANOL, None)}


def test_what_is_grafted_is_drawn_anew_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grafts, "USES_OF_DONORS", 100)
    model = ConstantModel("Fc1ccccc1")
    moves = grafts_on([ETHANOL], model)
    assert model.num_asked == 0
    moves.make(GRAFT, 100)
    assert model.num_asked == 1
    moves.make(GRAFT, 101)
    assert model.num_asked == 3


@pytest.mark.parametrize("drawn", ["", "C"])
def test_where_draws_have_no_part_to_give_nothing_is_grafted(drawn: str) -> None:
    found = grafts_on([ETHANOL], ConstantModel(drawn)).make(GRAFT, 5)
    assert [candidate.smiles for candidate in found] == [""] * 5


def test_a_graft_is_left_out_where_the_molecule_grows_too_large() -> None:
    found = grafts_on(["C" * 58], ConstantModel("CCCCCCCCF")).make(GRAFT, 100)
    smiles = [candidate.smiles for candidate in found]
    assert 0 < smiles.count("") < 100
    assert max(Chem.MolFromSmiles(text).GetNumAtoms() for text in smiles) <= 60


@pytest.mark.parametrize(
    ("objective", "starts", "is_grafted"),
    [
        (TWO_AIMS, [toy_smiles([2] * 12)], True),
        (TWO_AIMS, [], False),
        (ORACLES["linear"], [toy_smiles([2] * 12)], False),
    ],
)
def test_molecules_are_grafted_where_a_front_is_sought_from_given_ones(
    objective: Objective, starts: list[str], is_grafted: bool
) -> None:
    optimizer = build_optimizer("evolution", ToyLatentModel(), objective, starts, 0)
    result = search(optimizer, BudgetedOracle(objective, 200), batch_size=20)
    assert (GRAFT in {entry.call.operator for entry in result.molecules}) == is_grafted
