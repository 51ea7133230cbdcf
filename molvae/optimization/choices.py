"""The optimisers by name, as the command line offers them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from molvae.errors import InputError
from molvae.interfaces import LatentModel, Optimizer
from molvae.optimization.evolution import (
    LATENT_OPERATORS,
    LEAD_OPERATORS,
    OPERATORS,
    Evolution,
    EvolutionSettings,
)
from molvae.optimization.gradient_ascent import GradientAscent, GradientSettings
from molvae.optimization.graph_ga import GraphGA, GraphGASettings
from molvae.optimization.latent_cma_es import CMASettings, LatentCMAES
from molvae.optimization.objectives import Objective
from molvae.optimization.random_prior import RandomPrior, prior_proposals, wanted_draws
from molvae.optimization.trust_region_bo import TrustRegionBO, TrustRegionSettings

Settings = GradientSettings | CMASettings | EvolutionSettings | GraphGASettings | TrustRegionSettings
Builder = Callable[[LatentModel, Objective, Sequence[str], int, Settings | None], Optimizer]


def build_optimizer(
    name: str,
    model: LatentModel,
    objective: Objective,
    starts: Sequence[str],
    seed: int,
    settings: Settings | None = None,
) -> Optimizer:
    """The optimiser called `name`, ready for `search`.

    Args:
        name: one of `OPTIMIZERS`.
        model: the latent space to search.
        objective: what the search is for; gradient ascent follows its one property.
        starts: SMILES to score first.
        seed: of every random number.
        settings: the optimiser's own settings; None for the defaults.

    Raises:
        InputError: for an unknown name, settings of another optimiser, a head that can't guide gradient
            ascent, or several aims where the optimiser takes one score.
        MoleculeError: for a start that can't be parsed or encoded.
    """
    if name not in OPTIMIZERS:
        raise InputError(f'there is no optimizer "{name}": choose one of {", ".join(OPTIMIZERS)}')
    if objective.aims and name not in TAKE_AIMS:
        raise InputError(
            f'the optimizer "{name}" seeks one score, and no Pareto front: choose {" or ".join(TAKE_AIMS)}'
        )
    return OPTIMIZERS[name](model, objective, starts, seed, settings)


def _gradient_ascent(
    model: LatentModel, objective: Objective, starts: Sequence[str], seed: int, settings: Settings | None
) -> Optimizer:
    if objective.goal is None:
        raise InputError(
            f'gradient ascent can\'t follow the objective "{objective.name}": it needs one property with a '
            "direction; CMA-ES does not"
        )
    if not (settings is None or isinstance(settings, GradientSettings)):
        raise _foreign_settings("gradient-ascent", settings)
    wanted = objective.goal.property_name
    same = [known for known in model.property_names if known.casefold() == wanted.casefold()]
    head_name = wanted if wanted in model.property_names or not same else same[0]
    return GradientAscent(model, replace(objective.goal, property_name=head_name), starts, seed, settings)


def _cma_es(
    model: LatentModel, _objective: Objective, starts: Sequence[str], seed: int, settings: Settings | None
) -> Optimizer:
    if not (settings is None or isinstance(settings, CMASettings)):
        raise _foreign_settings("cma-es", settings)
    return LatentCMAES(model, starts, seed, settings)


def _evolution(name: str, operators: Sequence[str], for_leads: Sequence[str]) -> Builder:
    """Of its operators, and those for a front that is sought from given molecules.

    By one score a graft on a molecule that has none is as good as the molecule, and leads away from it.
    """

    def build_evolution(
        model: LatentModel, objective: Objective, starts: Sequence[str], seed: int, settings: Settings | None
    ) -> Optimizer:
        if not (settings is None or isinstance(settings, EvolutionSettings)):
            raise _foreign_settings(name, settings)
        chosen = for_leads if starts and objective.aims else operators
        aims = [objective.known_aims.get(aim) for aim in objective.aims]
        return Evolution(model, starts, seed, settings, chosen, aims, objective.is_allowed)

    return build_evolution


def _trust_region(
    model: LatentModel, _objective: Objective, starts: Sequence[str], seed: int, settings: Settings | None
) -> Optimizer:
    if not (settings is None or isinstance(settings, TrustRegionSettings)):
        raise _foreign_settings("trust-region", settings)
    return TrustRegionBO(model, starts, seed, settings)


def _graph_ga(
    model: LatentModel, objective: Objective, starts: Sequence[str], seed: int, settings: Settings | None
) -> Optimizer:
    """It breeds what it is given; where that is nothing, a population of draws of the model's prior."""
    if not (settings is None or isinstance(settings, GraphGASettings)):
        raise _foreign_settings("graph-ga", settings)
    if not starts:
        size = (settings or GraphGASettings()).population_size
        generator = np.random.default_rng(seed)
        if objective.is_allowed is not None:
            starts = wanted_draws(model, size, generator, objective.is_allowed).smiles
        starts = starts or [text for text in prior_proposals(model, size, generator).smiles if text]
    return GraphGA(starts, seed, settings, objective.is_allowed)


def _random_prior(
    model: LatentModel, _objective: Objective, starts: Sequence[str], seed: int, settings: Settings | None
) -> Optimizer:
    if settings is not None:
        raise _foreign_settings("random-prior", settings)
    return RandomPrior(model, seed, starts)


def _foreign_settings(name: str, settings: Settings) -> InputError:
    return InputError(
        f'the optimizer "{name}" does not take "{type(settings).__name__}": leave the settings out'
    )


OPTIMIZERS: dict[str, Builder] = {
    "evolution": _evolution("evolution", OPERATORS, LEAD_OPERATORS),
    "latent-evolution": _evolution("latent-evolution", LATENT_OPERATORS, LATENT_OPERATORS),
    "gradient-ascent": _gradient_ascent,
    "cma-es": _cma_es,
    "trust-region": _trust_region,
    "graph-ga": _graph_ga,
    "random-prior": _random_prior,
}
DEFAULT_OPTIMIZER: Final = "evolution"
#: Those that take several aims, for a Pareto front.
TAKE_AIMS = ("evolution", "latent-evolution")
