"""Target values of properties: which property is meant, who says its value, and how near is near enough."""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from molvae.chem.properties import PROPERTIES
from molvae.data.bulk import properties_of
from molvae.errors import SettingsError
from molvae.generation.prediction import predict_smiles
from molvae.interfaces import FloatArray, Predictions

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

#: The tolerance unless told, in standard deviations of the property.
TOLERANCE_DEVIATIONS = 0.2


@dataclass(frozen=True, kw_only=True)
class Target:
    """A property and the value wanted of it.

    Attributes:
        name: as RDKit's properties or the model's head spell it.
        value: wanted, in the property's unit.
        tolerance: how far off a molecule may be that is kept, in the property's unit.
        is_computed: whether RDKit computes it; else it is what the model's head predicts.
        head_column: its place among the head's properties; None for one that the head does not predict.
    """

    name: str
    value: float
    tolerance: float
    is_computed: bool
    head_column: int | None

    @property
    def column(self) -> str:
        """What the column of its values is called in a table."""
        return self.name if self.is_computed else f"predicted_{self.name}"

    def is_met(self, values: FloatArray) -> "np.typing.NDArray[np.bool_]":
        """Which values `(B,)` are within the tolerance; NaN is not."""
        return np.abs(values - self.value) <= self.tolerance


class TargetValues(NamedTuple):
    """Values of `B` molecules at `P` targets.

    Attributes:
        values: `(B, P)`; NaN where RDKit or the model can't read the molecule.
        spreads: `(B, P)`, the head's calibrated spread of a predicted value; NaN for what RDKit computes.
    """

    values: FloatArray
    spreads: FloatArray


def read_values(texts: Sequence[str], flag: str) -> dict[str, float]:
    """Numbers by name, of texts such as "logP=2.5".

    Args:
        texts: as they were given.
        flag: what they are called, for messages.

    Raises:
        SettingsError: a text is something else, or a name is there twice.

    Example:
        >>> read_values(["logP=2.5", "QED = 0.9"], "target")
        {'logP': 2.5, 'QED': 0.9}
    """
    found: dict[str, float] = {}
    for text in texts:
        name, _, number = (part.strip() for part in text.rpartition("="))
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not name or not math.isfinite(value):
            raise SettingsError(f'{flag} is "{text}"; give a property and a number, such as logP=2.5')
        if name in found:
            raise SettingsError(f'{flag} "{name}" is given twice, as {found[name]:g} and {value:g}; give one')
        found[name] = value
    return found


def check_targets(
    model: "MoleculeModel", targets: Mapping[str, float], tolerances: Mapping[str, float] | None
) -> dict[str, float]:
    """Makes sure that targets and tolerances are such, before anything is drawn.

    Returns:
        The targets, by the names that RDKit's properties and the head's have.

    Raises:
        SettingsError: neither RDKit nor the head knows a property, a number is not finite, there is no
            target, or a tolerance is not above 0, or of something else than a target.
    """
    wanted = _by_known_name(model, targets, "target")
    if not wanted:
        raise SettingsError('targets are "none"; give a property and a value')
    for name, tolerance in _by_known_name(model, tolerances or {}, "tolerance").items():
        if name not in wanted:
            raise SettingsError(
                f'tolerance of "{name}" is given, but no target; there are targets of {", ".join(wanted)}'
            )
        if not tolerance > 0:
            raise SettingsError(f'tolerance of {name} is "{tolerance:g}"; it must be above 0')
    return wanted


def resolve_targets(
    model: "MoleculeModel",
    targets: Mapping[str, float],
    tolerances: Mapping[str, float] | None,
    drawn: Sequence[str],
) -> list[Target]:
    """The targets of a model.

    Args:
        model: may predict some of the properties.
        targets: the values wanted, by property; upper and lower case are the same.
        tolerances: by property; of any other `TOLERANCE_DEVIATIONS` deviations of the molecules that the head
            was fitted to, or where it does not predict the property of `drawn`, to one significant digit.
        drawn: SMILES of draws of the model.

    Raises:
        SettingsError: as `check_targets` does; or a tolerance must be given, as all of `drawn` are equal.
    """
    wanted = check_targets(model, targets, tolerances)
    given = _by_known_name(model, tolerances or {}, "tolerance")
    resolved = []
    for name, value in wanted.items():
        column = model.property_names.index(name) if name in model.property_names else None
        tolerance = given[name] if name in given else _default_tolerance(model, name, column, drawn)
        resolved.append(
            Target(
                name=name,
                value=value,
                tolerance=tolerance,
                is_computed=name in PROPERTIES,
                head_column=column,
            )
        )
    return resolved


def values_of(model: "MoleculeModel", smiles: Sequence[str], targets: Sequence[Target]) -> TargetValues:
    """What `B` SMILES have of each of `P` targets: computed by RDKit, else predicted at their own codes."""
    values = np.full((len(smiles), len(targets)), np.nan)
    spreads = np.full_like(values, np.nan)
    computed = [place for place, target in enumerate(targets) if target.is_computed]
    values[:, computed] = properties_of(smiles, [targets[place].name for place in computed])
    if len(computed) < len(targets):
        said: Predictions = predict_smiles(model, smiles)
        for place, target in enumerate(targets):
            if not target.is_computed:
                values[:, place] = said.mean[:, target.head_column]
                spreads[:, place] = said.spread[:, target.head_column]
    return TargetValues(values, spreads)


def _by_known_name(model: "MoleculeModel", numbers: Mapping[str, float], what: str) -> dict[str, float]:
    """Numbers by the names that RDKit's properties and the head's have."""
    by_lower_case = {name.lower(): name for name in (*model.property_names, *PROPERTIES)}
    found: dict[str, float] = {}
    for text, number in numbers.items():
        name = text if text in model.property_names else by_lower_case.get(text.lower())
        if name is None:
            close = difflib.get_close_matches(text.lower(), by_lower_case, n=1)
            advice = f'did you mean "{by_lower_case[close[0]]}"; ' if close else ""
            predicted = ", ".join(model.property_names) or "nothing"
            raise SettingsError(
                f'{what} has the unknown property "{text}": {advice}the model predicts {predicted}; '
                f"RDKit computes {', '.join(PROPERTIES)}"
            )
        if not math.isfinite(number):
            raise SettingsError(f'{what} of {name} is "{number}"; give a finite number')
        if name in found:
            raise SettingsError(f"{what} of {name} is given twice; give one")
        found[name] = float(number)
    return found


def _default_tolerance(model: "MoleculeModel", name: str, column: int | None, drawn: Sequence[str]) -> float:
    if column is not None and model.scaler is not None:
        deviation = model.scaler.deviations[column]
    else:
        values = properties_of(drawn, [name])[:, 0]
        values = values[~np.isnan(values)]
        deviation = float(values.std()) if len(values) else 0.0
    if not deviation > 0:
        raise SettingsError(f"{name} is the same in all draws: say with a tolerance how far off it may be")
    return float(f"{TOLERANCE_DEVIATIONS * deviation:.1g}")
