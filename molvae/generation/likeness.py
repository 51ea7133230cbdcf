"""How much noise makes neighbors of which likeness: a dial, measured once on molecules held out.

Noise is a level where the decoder is told of it, and else a radius around the posterior's mean, in units of
the spread of the training molecules' latents. Likeness is the Tanimoto similarity of ECFP4 fingerprints with
2,048 bits.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from sklearn.isotonic import IsotonicRegression

from molvae.chem.fingerprints import morgan_bits, tanimoto
from molvae.chem.molecules import parse_smiles
from molvae.data.dataset import IndexArray
from molvae.generation.decoding import Codes, decode_checked, pool_for
from molvae.generation.sampling import with_noise
from molvae.interfaces import FloatArray

if TYPE_CHECKING:
    from molvae.generation.latent_model import MoleculeModel

#: Where noise is tried, from little to much.
LEVELS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9)
RADII = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.3)
#: Draws around each molecule at each noise.
NUM_DRAWS = 6


class LikenessDial(NamedTuple):
    """Noise and the mean Tanimoto similarity of what is decoded there to where it came from.

    Attributes:
        noise: rising.
        tanimoto: of neighbors other than the molecule itself, falling.
    """

    noise: tuple[float, ...]
    tanimoto: tuple[float, ...]

    def noise_for(self, similarity: float) -> float:
        """The noise whose neighbors have this similarity on average; the nearest that was measured."""
        return float(np.interp(-similarity, [-value for value in self.tanimoto], self.noise))

    def to_json(self) -> dict[str, list[float]]:
        """Plain lists."""
        return {"noise": list(self.noise), "tanimoto": list(self.tanimoto)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(tuple(value["noise"]), tuple(value["tanimoto"]))


def grid_of(model: "MoleculeModel") -> tuple[float, ...]:
    """Where noise is tried for this model."""
    return LEVELS if model.is_told_levels else RADII


def decode_around(
    model: "MoleculeModel", centers: FloatArray, noise: float, generator: np.random.Generator
) -> list[str]:
    """What is decoded at one draw around each of the latents `(B, L)`.

    A decoder that is told a level says what may have been there before the noise, so it is asked for a
    draw of that; any other is asked for its likeliest molecule.
    """
    if not model.is_told_levels:
        draws = generator.standard_normal(centers.shape)
        return model.decode(centers + noise * model.latent_scale * draws)
    latents = with_noise(centers, noise, generator)
    return model.decode(latents, level=noise, temperature=1.0, seed=int(generator.integers(2**62)))


def decode_with_slips(
    model: "MoleculeModel",
    centers: FloatArray,
    lengths: IndexArray,
    temperature: float,
    generator: np.random.Generator,
) -> list[str]:
    """What each of the latents `(B, L)` decodes to if the decoder slips once, at one of its tokens.

    It passes over the likeliest there and takes another one; the latents still tell it of the rest. Codes
    that are close to a hash of molecules have no neighborhood that is alike, but this has.

    Args:
        model: decodes.
        centers: the latents.
        lengths: tokens of the molecules that they are of, `(B,)`.
        temperature: of the draw of the other token.
        generator: draws where each slips.

    Returns:
        Canonical SMILES; "" where what was written would have to be repaired.
    """
    slips, seed = generator.integers(lengths), int(generator.integers(2**62))
    with pool_for(len(centers)) as pool:
        checked = decode_checked(model, [Codes(centers)], temperature, 0.0, seed, pool, slips)
    return [text if strict else "" for text, strict in zip(checked.smiles, checked.is_strict, strict=True)]


def likeness_to(query: str, others: Sequence[str]) -> FloatArray:
    """Tanimoto similarities `(B,)` of valid SMILES to one."""
    fingerprints = morgan_bits([parse_smiles(text) for text in (query, *others)])
    return tanimoto(fingerprints[0], fingerprints[1:])


def measure_dial(model: "MoleculeModel", smiles: Sequence[str], seed: int) -> LikenessDial | None:
    """The dial of a model, measured around molecules that it was not trained on.

    Args:
        model: the model.
        smiles: canonical SMILES that it can read.
        seed: of the noise.

    Returns:
        None where no noise gave a neighbor.
    """
    smiles = _that_come_back(model, smiles)
    if not smiles:
        return None
    generator = np.random.default_rng(seed)
    centers = np.repeat(model.encode(smiles), NUM_DRAWS, axis=0)
    noises: list[float] = []
    means: list[float] = []
    counts: list[int] = []
    for noise in grid_of(model):
        decoded = decode_around(model, centers, noise, generator)
        likeness: list[float] = []
        for place, query in enumerate(smiles):
            around = decoded[place * NUM_DRAWS : (place + 1) * NUM_DRAWS]
            if others := sorted(set(around) - {query, ""}):
                likeness.extend(likeness_to(query, others))
        if likeness:
            noises.append(noise)
            means.append(float(np.mean(likeness)))
            counts.append(len(likeness))
    if not noises:
        return None
    # Never rising, so that each similarity has its noise; the few neighbors at little noise count as few.
    falling = IsotonicRegression(increasing=False).fit(noises, means, sample_weight=counts).predict(noises)
    return LikenessDial(tuple(noises), tuple(falling.tolist()))


def _that_come_back(model: "MoleculeModel", smiles: Sequence[str]) -> list[str]:
    """Those that the model makes of their own latents; all of them if there are none.

    Around another molecule nothing is alike, however little the noise: the dial would say that of all.
    """
    back = model.decode(model.encode(smiles)) if smiles else []
    return [text for text, decoded in zip(smiles, back, strict=True) if text == decoded] or list(smiles)
