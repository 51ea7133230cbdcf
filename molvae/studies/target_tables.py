"""Molecules sampled at targets in, what was asked for beside what was found out: a table, and in words."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from molvae.chem.properties import property_name
from molvae.evaluation.distribution import (
    Membership,
    internal_diversity,
    novelty,
    uniqueness,
    valid_molecules,
)
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.target_sampling import TargetDraws
from molvae.interfaces import FloatArray
from molvae.studies.molecule_tables import sample_table


def target_table(model: MoleculeModel, draws: TargetDraws, names: Sequence[str]) -> pd.DataFrame:
    """The columns of `sample_table`, computed targets first, and behind them the errors.

    `NAME_error` is the recomputed value less the target; where only the head knows the property,
    `predicted_NAME_error` is the prediction less the target.

    Raises:
        SettingsError: one of `names` is not a property.
    """
    computed = [target.name for target in draws.targets if target.is_computed]
    names = list(dict.fromkeys([*computed, *map(property_name, names)]))
    errors = {
        f"{target.column}_error": draws.values[:, place] - target.value
        for place, target in enumerate(draws.targets)
    }
    return sample_table(model, draws.smiles, names).assign(**errors)


def summary_of(draws: TargetDraws, num_wanted: int, known: Membership) -> list[str]:
    """Lines that say how near the molecules are to what was asked for, what they are like, and the cost.

    Args:
        draws: what was found.
        num_wanted: how many were asked for.
        known: says of canonical SMILES whether the model was trained on them.
    """
    lines = [f"{num_wanted:,} asked for: {len(draws.smiles):,} molecules"]
    for place, target in enumerate(draws.targets):
        asked = f"{target.name} {target.value:g} +- {target.tolerance:g}"
        if not draws.smiles:
            lines.append(f"{asked}: no molecule")
            continue
        values = draws.values[:, place]
        who = "recomputed" if target.is_computed else "predicted"
        error = np.abs(values - target.value).mean()
        line = f"{asked}: {who} mean {values.mean():.4g}, mean absolute error {error:.3g}"
        spreads = draws.spreads[:, place]
        if not np.isnan(spreads).all():
            expected = expected_errors(values - target.value, spreads).mean()
            line += f"; of true values {expected:.3g} by the head's spreads"
        lines.append(line)
    if draws.smiles:
        lines.append(
            f"uniqueness {uniqueness(draws.smiles):.3f}, novelty {novelty(draws.smiles, known):.3f}, "
            f"internal diversity {internal_diversity(valid_molecules(draws.smiles)):.3f}"
        )
    lines.append(
        f"acceptance {draws.acceptance:.1%}: {draws.num_draws:,} draws of the prior were made for these, "
        f"{draws.num_decoded:,} of them decoded"
    )
    return lines


def expected_errors(errors: FloatArray, spreads: FloatArray) -> FloatArray:
    """Mean absolute errors `(N,)` of values that are normal around predictions, given these's errors.

    Args:
        errors: prediction less target, `(N,)`.
        spreads: standard deviations, `(N,)`, above 0.

    Source: Leone, Nelson and Nottingham, Technometrics 3 (1961) 543: the mean of a folded normal.

    Example:
        >>> float(expected_errors(np.array([0.0]), np.array([1.0]))[0].round(4))  # sqrt(2 / pi)
        0.7979
    """
    ratio = errors / spreads
    expected: FloatArray = spreads * (2 * norm.pdf(ratio) + ratio * (1 - 2 * norm.cdf(-ratio)))
    return expected
