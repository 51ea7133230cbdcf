"""What the contract tests run over: every optimiser, analytic oracles, and an exactly known toy model.

Optimisers of latents search the toy; those that have no model, in a table of their own, real molecules.

The toy's molecules are chains `N-C-C-...-C` with one halogen or none on each carbon. The amine says where the
chain begins, so a molecule is a row of levels: 0 for CH2, 1 for F, 2 for Cl, 3 for Br, 4 for I.
"""

from collections.abc import Callable, Sequence

import numpy as np

from molvae.chem.molecules import canonicalize, parse_smiles
from molvae.chem.properties import drug_likeness
from molvae.errors import InputError, MoleculeError
from molvae.interfaces import Drawn, FloatArray, Gradient, LatentModel, Optimizer, Predictions
from molvae.optimization.choices import OPTIMIZERS as BUILDERS
from molvae.optimization.graph_ga import GraphGA, GraphGASettings
from molvae.optimization.objectives import Evaluations, Objective, PropertyGoal
from molvae.optimization.random_corpus import RandomCorpus

HALOGENS = ("", "F", "Cl", "Br", "I")
MIDDLE_LEVEL = 2
TOY_PROPERTY = "toy"


def toy_smiles(levels: Sequence[int]) -> str:
    """Canonical SMILES of a row of levels."""
    carbons = ["C" if level == 0 else f"C({HALOGENS[level]})" for level in levels]
    return canonicalize("N" + "".join(carbons))


def toy_levels(smiles: str) -> list[int]:
    """The levels of a toy molecule, read along its chain from the amine."""
    mol = parse_smiles(smiles)
    amines = [atom for atom in mol.GetAtoms() if atom.GetSymbol() == "N"]
    if len(amines) != 1:
        raise MoleculeError(f'"{smiles}" is no toy molecule: one N expected')
    chain = [amines[0].GetIdx()]
    levels = []
    while True:
        level = 0
        following = []
        for neighbor in mol.GetAtomWithIdx(chain[-1]).GetNeighbors():
            if neighbor.GetSymbol() in HALOGENS:
                level = HALOGENS.index(neighbor.GetSymbol())
            elif neighbor.GetIdx() not in chain:
                following.append(neighbor.GetIdx())
        levels.append(level)
        if not following:
            return levels[1:]
        chain.append(following[0])


class ToyLatentModel:
    """A linear latent space with an exact inverse: levels = rotation @ latent + 2, rounded.

    Latents longer than `max_norm` decode to no molecule. The head predicts one property, `toy`, linear in the
    latent: its slope is known. Satisfies `LatentModel`.
    """

    def __init__(self, latent_dim: int = 12, max_norm: float = 12.0) -> None:
        generator = np.random.default_rng(20)
        self._rotation = np.linalg.qr(generator.standard_normal((latent_dim, latent_dim)))[0]
        self._direction = np.linspace(1.0, 2.0, latent_dim)
        self._max_norm = max_norm
        self.latent_dim = latent_dim
        self.property_names: tuple[str, ...] = (TOY_PROPERTY,)

    def encode(self, smiles: Sequence[str]) -> FloatArray:
        rows = [toy_levels(text) for text in smiles]
        for text, row in zip(smiles, rows, strict=True):
            if len(row) != self.latent_dim:
                raise MoleculeError(f'"{text}" has {len(row)} carbons, not {self.latent_dim}')
        levels: FloatArray = np.array(rows, dtype=np.float64).reshape(-1, self.latent_dim)
        latents: FloatArray = (levels - MIDDLE_LEVEL) @ self._rotation
        return latents

    def decode(self, latents: FloatArray) -> list[str]:
        levels = np.round(latents @ self._rotation.T + MIDDLE_LEVEL).clip(0, len(HALOGENS) - 1).astype(int)
        norms = np.linalg.norm(latents, axis=1)
        return [
            toy_smiles(row) if norm <= self._max_norm else ""
            for row, norm in zip(levels.tolist(), norms, strict=True)
        ]

    def sample_latents(self, num_samples: int, generator: np.random.Generator) -> FloatArray:
        return generator.standard_normal((num_samples, self.latent_dim))

    def predict(self, latents: FloatArray) -> Predictions:
        mean = (latents @ self._rotation.T) @ self._direction[:, None]
        return Predictions(mean=mean, spread=np.full_like(mean, 0.1))

    def predict_gradient(self, latents: FloatArray, property_name: str) -> Gradient:
        if property_name not in self.property_names:
            raise InputError(f'the toy does not predict "{property_name}"')
        slope = np.tile(self._direction @ self._rotation, (len(latents), 1))
        return Gradient(value=latents @ slope[0], slope=slope)


def _linear(smiles: Sequence[str]) -> Evaluations:
    """The toy property itself: what the head predicts, but for the rounding of levels."""
    levels = np.array([toy_levels(text) for text in smiles], dtype=np.float64) - MIDDLE_LEVEL
    values = levels @ np.linspace(1.0, 2.0, levels.shape[1])
    return Evaluations(scores=values, values={TOY_PROPERTY: values})


def _peak(smiles: Sequence[str]) -> Evaluations:
    """A single peak at levels 3, 1, 3, 1, ..., which the head knows nothing of."""
    levels = np.array([toy_levels(text) for text in smiles], dtype=np.float64)
    peak = np.resize([3.0, 1.0], levels.shape[1])
    return Evaluations(scores=-((levels - peak) ** 2).sum(axis=1), values={})


def _flaky(smiles: Sequence[str]) -> Evaluations:
    """The linear one, with NaN for whatever bears iodine and an exception for bromine on every carbon."""
    for text in smiles:
        if set(toy_levels(text)) == {3}:
            raise RuntimeError("the instrument is on fire")
    evaluations = _linear(smiles)
    iodine = np.array(["I" in text for text in smiles])
    return Evaluations(scores=np.where(iodine, np.nan, evaluations.scores), values=evaluations.values)


def _failing(smiles: Sequence[str]) -> Evaluations:
    """NaN, always."""
    return Evaluations(scores=np.full(len(smiles), np.nan), values={})


def _two_aims(smiles: Sequence[str]) -> Evaluations:
    """High levels, and low ones where the place is odd; iodine before nothing breaks a constraint."""
    levels = np.array([toy_levels(text) for text in smiles], dtype=np.float64) / (len(HALOGENS) - 1)
    values = {"high": levels.mean(axis=1), "low": 1 - levels[:, 1::2].mean(axis=1)}
    is_broken = (levels[:, 0] == 1) & (levels[:, 1] == 0)
    scores = np.where(is_broken, -1.0, np.sqrt(values["high"] * values["low"]))
    return Evaluations(scores, values, ["too clever" if broken else "" for broken in is_broken])


_GOAL = PropertyGoal(property_name=TOY_PROPERTY, direction="maximize")

#: name -> objective of toy molecules
ORACLES: dict[str, Objective] = {
    "linear": Objective(name="linear", function=_linear, goal=_GOAL),
    "peak": Objective(name="peak", function=_peak, goal=_GOAL),
    "flaky": Objective(name="flaky", function=_flaky, goal=_GOAL),
    "failing": Objective(name="failing", function=_failing, goal=_GOAL),
}

#: An objective of toy molecules with two aims that can't both be had.
TWO_AIMS = Objective(name="two aims", function=_two_aims, aims=("high", "low"))


class ToyStudent:
    """A student of the toy that keeps a record of its lessons."""

    def __init__(self, model: ToyLatentModel) -> None:
        self._model = model
        self.lessons: list[list[str]] = []

    def decode_around(
        self, latents: FloatArray, noise: float, temperature: float, generator: np.random.Generator
    ) -> Drawn:
        noisy = latents + noise * generator.standard_normal(latents.shape)
        return Drawn(self._model.decode(noisy), noisy)

    def decode_with_slips(
        self, smiles: Sequence[str], latents: FloatArray, generator: np.random.Generator
    ) -> list[str]:
        rows = [toy_levels(text) or [0] for text in self._model.decode(latents)]
        for row in rows:
            row[int(generator.integers(len(row)))] = int(generator.integers(5))
        return [toy_smiles(row) for row in rows]

    def learn(
        self, smiles: Sequence[str], latents: FloatArray, noise: float, generator: np.random.Generator
    ) -> None:
        assert latents.shape == (len(smiles), 12)
        self.lessons.append(list(smiles))


class TeachableToy(ToyLatentModel):
    """The toy, with students."""

    def __init__(self) -> None:
        super().__init__()
        self.students: list[ToyStudent] = []

    def student(self) -> ToyStudent:
        self.students.append(ToyStudent(self))
        return self.students[-1]


def _toy_builder(name: str) -> Callable[[LatentModel, Objective, Sequence[str], int], Optimizer]:
    return lambda model, objective, starts, seed: BUILDERS[name](model, objective, starts, seed, None)


#: name -> builder of an optimiser from model, objective, starts and seed; what breeds graphs alone is below
OPTIMIZERS = {name: _toy_builder(name) for name in BUILDERS if name != "graph-ga"}


def _qed(smiles: Sequence[str]) -> Evaluations:
    """The drug-likeness of any molecule."""
    return Evaluations(scores=np.array([drug_likeness(parse_smiles(text)) for text in smiles]), values={})


def _below_zero(smiles: Sequence[str]) -> Evaluations:
    """Minus the distance to twenty heavy atoms."""
    sizes = np.array([parse_smiles(text).GetNumHeavyAtoms() for text in smiles])
    return Evaluations(scores=-np.abs(sizes - 20.0), values={})


def _qed_or_nan(smiles: Sequence[str]) -> Evaluations:
    """The drug-likeness, with NaN for whatever has a chlorine and an exception for bromine."""
    for text in smiles:
        if "Br" in text:
            raise RuntimeError("the instrument is on fire")
    chlorine = np.array(["Cl" in text for text in smiles])
    return Evaluations(scores=np.where(chlorine, np.nan, _qed(smiles).scores), values={})


#: name -> objective of any molecules
MOLECULE_ORACLES: dict[str, Objective] = {
    "QED": Objective(name="QED", function=_qed),
    "below zero": Objective(name="below zero", function=_below_zero),
    "QED or NaN": Objective(name="QED or NaN", function=_qed_or_nan),
    "failing": Objective(name="failing", function=_failing),
}

#: name -> builder of an optimiser without a model from starts and seed
MOLECULE_OPTIMIZERS: dict[str, Callable[[Sequence[str], int], Optimizer]] = {
    "graph-ga": lambda starts, seed: GraphGA(starts, seed, GraphGASettings(population_size=20)),
    "random-corpus": RandomCorpus,
}
