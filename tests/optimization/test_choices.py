"""Optimisers by name."""

from dataclasses import replace

import pytest

from molvae.errors import InputError
from molvae.optimization.choices import OPTIMIZERS, build_optimizer
from molvae.optimization.evolution import Evolution
from molvae.optimization.gradient_ascent import GradientAscent, GradientSettings
from molvae.optimization.graph_ga import GraphGA
from molvae.optimization.latent_cma_es import CMASettings, LatentCMAES
from molvae.optimization.objectives import Objective, PropertyGoal
from molvae.optimization.oracle import BudgetedOracle
from molvae.optimization.random_prior import RandomPrior
from molvae.optimization.search import search
from molvae.optimization.trust_region_bo import TrustRegionBO
from tests.tables import ORACLES, ToyLatentModel


def test_each_name_gives_its_optimizer() -> None:
    built = {
        name: type(build_optimizer(name, ToyLatentModel(), ORACLES["linear"], [], 0)) for name in OPTIMIZERS
    }
    assert built == {
        "gradient-ascent": GradientAscent,
        "cma-es": LatentCMAES,
        "evolution": Evolution,
        "latent-evolution": Evolution,
        "trust-region": TrustRegionBO,
        "graph-ga": GraphGA,
        "random-prior": RandomPrior,
    }


def test_the_heads_own_spelling_of_a_property_is_found() -> None:
    loud = PropertyGoal(property_name="TOY", direction="maximize")
    objective = Objective(name="loud", function=ORACLES["linear"].function, goal=loud)
    optimizer = build_optimizer("gradient-ascent", ToyLatentModel(), objective, [], 0)
    assert len(optimizer.ask(4).smiles) == 4


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match='no optimizer "annealing": choose one of evolution, latent-'):
        build_optimizer("annealing", ToyLatentModel(), ORACLES["linear"], [], 0)


def test_gradient_ascent_refuses_an_objective_without_a_single_property() -> None:
    objective = Objective(name="mystery", function=ORACLES["peak"].function)
    with pytest.raises(InputError, match='can\'t follow the objective "mystery"'):
        build_optimizer("gradient-ascent", ToyLatentModel(), objective, [], 0)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("gradient-ascent", CMASettings()),
        ("cma-es", GradientSettings()),
        ("evolution", CMASettings()),
        ("latent-evolution", CMASettings()),
        ("trust-region", CMASettings()),
        ("graph-ga", CMASettings()),
        ("random-prior", CMASettings()),
    ],
)
def test_settings_of_another_optimizer_are_refused(
    name: str, settings: GradientSettings | CMASettings
) -> None:
    with pytest.raises(InputError, match=f'"{name}" does not take "{type(settings).__name__}"'):
        build_optimizer(name, ToyLatentModel(), ORACLES["linear"], [], 0, settings)


def test_the_graph_ga_begins_with_draws_that_keep_the_constraints() -> None:
    def has_iodine(smiles: str) -> bool:
        return "I" in smiles

    objective = replace(ORACLES["linear"], is_allowed=has_iodine)
    oracle = BudgetedOracle(objective, 60)
    search(build_optimizer("graph-ga", ToyLatentModel(), objective, [], 0), oracle)
    assert len(oracle.history) == 60
    assert all(has_iodine(call.smiles) for call in oracle.history)
