"""Molecules in, a table about them out: what RDKit computes, what a head predicts, what they are like."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from molvae.chem.fingerprints import morgan_bits, tanimoto_matrix
from molvae.chem.molecules import parse_smiles
from molvae.chem.properties import property_name
from molvae.data.bulk import properties_of
from molvae.generation.latent_model import MoleculeModel
from molvae.generation.prediction import predict_smiles
from molvae.interfaces import FloatArray, Predictions
from molvae.optimization.ledger import OracleCall, call_fronts
from molvae.optimization.objectives import Objective
from molvae.optimization.search import SearchResult

DEFAULT_PROPERTIES = ("logP", "QED", "SA", "MW")
#: Numbers in CSVs: 2.002, and not the 2.0019999999999993 that sums of halves and tenths leave.
FLOAT_FORMAT = "%.12g"
SCORE, BROKEN, FRONT = "score", "broken_constraints", "front"


def sample_table(model: MoleculeModel, smiles: Sequence[str], names: Sequence[str]) -> pd.DataFrame:
    """SMILES `(N,)` with computed properties, and what the model's head predicts of the same molecules.

    Columns: smiles, one a name, then `predicted_NAME` and `predicted_NAME_spread` for each property of the
    head. The prediction is made at the molecule's own code, so it is empty where it can't be encoded.

    Raises:
        SettingsError: one of `names` is not a property.
    """
    columns: dict[str, Sequence[str] | FloatArray] = {"smiles": list(smiles)}
    values = properties_of(smiles, names)
    columns |= {property_name(name): values[:, index] for index, name in enumerate(names)}
    return pd.DataFrame(columns).assign(**prediction_columns(model, predict_smiles(model, smiles)))


def prediction_columns(model: MoleculeModel, predictions: Predictions) -> dict[str, FloatArray]:
    """Predictions `(N, P)` as columns of a table; a yes/no property has no column for its spread."""
    columns = {}
    is_binary = model.scaler.is_binary if model.scaler is not None else []
    for index, name in enumerate(model.property_names):
        columns[f"predicted_{name}"] = predictions.mean[:, index]
        if not is_binary[index]:
            columns[f"predicted_{name}_spread"] = predictions.spread[:, index]
    return columns


def ranked_table(
    result: SearchResult, objective: Objective, starts: Sequence[str], leads: Sequence[str] = ()
) -> pd.DataFrame:
    """What a search found, best first.

    Columns: rank, smiles, the front where one is sought (1 for what nothing dominates), the score and the
    constraints that the molecule breaks unless just one property was sought, the columns of the objective,
    other computed properties, similarity (ECFP4 Tanimoto to the nearest start) and nearest_start, the same
    as similarity_to_lead and nearest_lead where the search began elsewhere than at its leads, then operator,
    parent, origin (the start that it descends from, from parent to parent; empty where that line begins with
    a draw of the prior) and call (see the oracle's ledger).

    Args:
        result: of a search for `objective`.
        objective: what was sought.
        starts: canonical SMILES that the search began at; without any, similarity is empty.
        leads: canonical SMILES that a goal compares its molecules with.
    """
    calls = [molecule.call for molecule in result.molecules]
    smiles = [call.smiles for call in calls]
    table = pd.DataFrame({"rank": [molecule.rank for molecule in result.molecules], "smiles": smiles})
    sought = [] if objective.column is None else [objective.column]
    if objective.aims:
        table[FRONT] = call_fronts(calls, objective.aims)
    if objective.column is None:
        table[SCORE] = [call.score for call in calls]
        table[BROKEN] = [call.error for call in calls]
    sought = list(dict.fromkeys([*sought, *(name for call in calls for name in call.values)]))
    for name in sought:
        table[name] = [call.values.get(name, np.nan) for call in calls]
    others = [name for name in DEFAULT_PROPERTIES if name not in sought]
    table[others] = properties_of(smiles, others)
    table["similarity"], table["nearest_start"] = nearest_of(smiles, starts)
    if not set(leads) <= set(starts):
        table["similarity_to_lead"], table["nearest_lead"] = nearest_of(smiles, leads)
    return table.assign(
        operator=[call.operator for call in calls],
        parent=[call.parent for call in calls],
        origin=_origins(calls, starts),
        call=[call.number for call in calls],
    )


def _origins(calls: Sequence[OracleCall], starts: Sequence[str]) -> list[str]:
    """The start that each molecule descends from; "" for none."""
    origins = {start: start for start in starts}
    for call in sorted(calls, key=lambda call: call.number):  # parents were scored before their children
        origins.setdefault(call.smiles, origins.get(call.parent, ""))
    return [origins[call.smiles] for call in calls]


def nearest_of(smiles: Sequence[str], others: Sequence[str]) -> tuple[FloatArray, list[str]]:
    """For each molecule the similarity (ECFP4 Tanimoto) to the nearest of others, and that one."""
    if not others or not smiles:
        return np.full(len(smiles), np.nan), [""] * len(smiles)
    sides = [morgan_bits([parse_smiles(text) for text in side]) for side in (smiles, others)]
    matrix = tanimoto_matrix(*sides)
    return matrix.max(axis=1), [others[index] for index in matrix.argmax(axis=1)]
