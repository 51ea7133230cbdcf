"""A trained model as a scientist uses it: SMILES in, latents out, and back.

`MoleculeModel` joins a network to the chemistry around it. It fulfils `molvae.interfaces.LatentModel`, so
every optimiser takes it. Everything that comes out is a list, a NumPy array or a DataFrame.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch import Tensor

from molvae.data.dataset import TokenArrays
from molvae.data.scaling import PropertyScaler
from molvae.data.screening import CurationSettings
from molvae.data.tokenizer import Tokenizer
from molvae.errors import InputError, SettingsError
from molvae.generation.checks import check_level, latent_rows, listed
from molvae.generation.decoding import Checked, Codes, decode_checked, decode_latents, pool_for
from molvae.generation.encoding import encode_tokens
from molvae.generation.exploration import neighbors_of, neighbors_of_each, straight_line
from molvae.generation.likeness import LikenessDial
from molvae.generation.membership import MoleculeKeys
from molvae.generation.molecules import (
    Readable,
    read_molecules,
    refusal_error,
)
from molvae.generation.prediction import predict_properties, property_gradient
from molvae.generation.prior_fitting import FittedPriorName, PriorSettings, fit_prior
from molvae.generation.priors import PriorName, default_prior, prior_names, sampler_of
from molvae.generation.sampling import draw_molecules, posterior_at_level, posterior_draws, prior_draws
from molvae.generation.target_sampling import draw_at_targets
from molvae.generation.writers import SmilesLanguageModel
from molvae.interfaces import FloatArray, Gradient, Predictions
from molvae.models.autoencoder import Autoencoder
from molvae.models.posteriors import PosteriorFamily
from molvae.models.prior import FittedPrior, GaussianPrior
from molvae.models.property_head import PropertyHead

if TYPE_CHECKING:
    from molvae.generation.student import Student
    from molvae.generation.transformer import LatentTransformer


@dataclass(frozen=True, kw_only=True)
class MoleculeModel:
    """A network with the chemistry around it. Made by `molvae.load`.

    Attributes:
        network: the trained network, in evaluation mode.
        tokenizer: SELFIES <-> ids.
        curation: how molecules were treated before training.
        scaler: the head's properties; None without a head.
        priors: those that were fitted to latents, by name; "gaussian" always, to the training molecules'.
        max_length: the most tokens a decoded molecule may have.
        training_keys: knows the molecules of the table it was trained on, those held out included.
        facts: what else the model folder says.
        language_model: one that was fitted to be a prior, as what it writes is encoded; None for none.
        conditional: one that is told properties of what it is to write, for `sample --target`; None for none.
    """

    network: Autoencoder = field(repr=False)
    tokenizer: Tokenizer = field(repr=False)
    curation: CurationSettings
    scaler: PropertyScaler | None
    priors: Mapping[str, FittedPrior] = field(repr=False)
    max_length: int
    training_keys: MoleculeKeys = field(repr=False)
    facts: Mapping[str, Any] = field(repr=False)
    language_model: SmilesLanguageModel | None = field(default=None, repr=False)
    conditional: SmilesLanguageModel | None = field(default=None, repr=False)

    @property
    def latent_dim(self) -> int:
        """How many latents there are, `L`."""
        return self.network.settings.latent_dim

    @property
    def bottleneck(self) -> str:
        """Which kind of model it is, such as "gaussian" (a VAE) or "deterministic"."""
        return self.network.settings.bottleneck

    @property
    def posterior_family(self) -> PosteriorFamily:
        """What `posterior`'s means and spreads are of: Gaussians, but for a cube's or a sphere's latents."""
        return self.network.bottleneck.family

    @property
    def property_names(self) -> tuple[str, ...]:
        """The properties that the head predicts; empty without a head."""
        return self.scaler.names if self.scaler is not None else ()

    @property
    def latent_scale(self) -> float:
        """The spread of the training molecules' latents: root mean square over latents of the deviation."""
        if "latent_scale" in self.facts:  # the Gaussian is of other molecules now
            return float(self.facts["latent_scale"])
        return float(self.gaussian_prior.factor.square().sum(dim=1).mean().sqrt())

    @property
    def gaussian_prior(self) -> GaussianPrior:
        """A Gaussian fitted to the training molecules' latents, unless `with_prior` took others."""
        prior = self.priors["gaussian"]
        assert isinstance(prior, GaussianPrior)
        return prior

    @property
    def prior_names(self) -> tuple[PriorName, ...]:
        """What latents can be drawn from."""
        return prior_names(self)

    @property
    def default_prior(self) -> PriorName:
        """What a model's latents come from unless it is said.

        What `with_default_prior` chose; else N(0, I) for a VAE, which was trained towards it, or the uniform
        prior of one on a cube or sphere; the fitted Gaussian for an autoencoder; for a decoder that is told
        noise levels what it writes from nothing but noise, encoded.
        """
        return default_prior(self)

    @property
    def likeness_dial(self) -> LikenessDial | None:
        """How much noise makes neighbors of which similarity; None where that was not measured."""
        measured = self.facts.get("likeness")
        return LikenessDial.from_json(measured) if measured else None

    @property
    def is_told_levels(self) -> bool:
        """Whether the decoder takes latents with noise, and is told how much."""
        return self.network.bottleneck.is_told_levels

    def readable(self, smiles: Sequence[str]) -> Readable:
        """Which of the SMILES the model can read, as tokens, and why not the others."""
        return read_molecules(listed(smiles), self.tokenizer, self.curation)

    def all_readable(self, smiles: Sequence[str]) -> Readable:
        """As `readable`, for molecules that must all be.

        Raises:
            MoleculeError: for the first SMILES that can't be read.
        """
        readable = self.readable(smiles)
        if readable.refused:
            raise refusal_error(readable.refused[0])
        return readable

    def encode(self, smiles: Sequence[str]) -> FloatArray:
        """The posterior means `(B, L)` of `B` SMILES.

        Raises:
            MoleculeError: for the first SMILES that can't be read.
        """
        return self.posterior(smiles)[0]

    def posterior(self, smiles: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """Means and spreads (standard deviations) of q(z|x), each `(B, L)`; an AE's spreads are 0.

        On a hypersphere the mean is the direction that a posterior points in, and the spread, the same for
        all latents, is that of the deviation from there.

        Raises:
            MoleculeError: for the first SMILES that can't be read.
        """
        return self.posterior_of(self.all_readable(smiles).arrays)

    def posterior_samples(
        self, smiles: Sequence[str], num_draws: int, seed: int = 0, *, level: float = 0.0
    ) -> FloatArray:
        """Draws of q(z|x), `(B, num_draws, L)`; with noise of a level, where the decoder is told of it.

        Raises:
            MoleculeError: for the first SMILES that can't be read.
            SettingsError: for a number of draws or a seed below 0, or a level that the model knows not.
        """
        check_level(level, self.is_told_levels)
        mean, spread = posterior_at_level(*self.posterior(smiles), level)
        return posterior_draws(mean, spread, num_draws, seed, self.posterior_family)

    def posterior_of(self, arrays: TokenArrays) -> tuple[FloatArray, FloatArray]:
        """Means and spreads `(N, L)` of molecules given as tokens."""
        return encode_tokens(self.network, arrays)

    def decode(
        self, latents: npt.ArrayLike, *, temperature: float = 0.0, level: float = 0.0, seed: int = 0
    ) -> list[str]:
        """Canonical SMILES of latents `(B, L)`, or of one `(L,)`; "" for one that decodes to no molecule.

        Latents off the hypercube or hypersphere of a model that has one are taken for the nearest there.

        Args:
            latents: where to decode.
            temperature: 0 for the likeliest molecule, 1 for a draw from the decoder.
            level: how much noise the decoder is to expect in the latents, 0 to 1, if it is told of it.
            seed: of the draw.

        Raises:
            InputError: if the latents have another size than the model's, or are not finite.
            SettingsError: for a temperature or a seed below 0, or a level that the model knows not.
        """
        codes = [Codes(latent_rows(latents, self.latent_dim).numpy())]
        with pool_for(len(codes[0].latents)) as pool:
            return decode_latents(self, codes, temperature, level, seed, pool)

    def decode_checked(
        self, latents: npt.ArrayLike, *, temperature: float = 0.0, level: float = 0.0, seed: int = 0
    ) -> Checked:
        """As `decode`, and which of the molecules are just what the decoder wrote.

        Any row of SELFIES symbols decodes to some molecule, as the notation repairs what can't be meant; so
        that all decode says nothing. Arguments and errors are those of `decode`.
        """
        codes = [Codes(latent_rows(latents, self.latent_dim).numpy())]
        with pool_for(len(codes[0].latents)) as pool:
            return decode_checked(self, codes, temperature, level, seed, pool)

    def sample_latents(
        self, num_samples: int, generator: np.random.Generator, prior: PriorName | None = None
    ) -> FloatArray:
        """Draws `(num_samples, L)` from a prior; by default from `default_prior`."""
        return prior_draws(self, num_samples, generator, prior).latents

    def sample(
        self,
        num_samples: int,
        *,
        temperature: float = 0.0,
        unique: bool = False,
        novel: bool = False,
        strict: bool = False,
        prior: PriorName | None = None,
        level: float = 0.0,
        targets: Mapping[str, float] | None = None,
        tolerances: Mapping[str, float] | None = None,
        max_draws: int | None = None,
        seed: int = 0,
    ) -> list[str]:
        """Canonical SMILES decoded from draws of the prior.

        Args:
            num_samples: how many.
            temperature: of the decoder; 0 takes the likeliest molecule of each latent.
            level: how much noise is laid over the latents, 0 to 1, if the decoder is told of it.
            unique: give no molecule twice.
            novel: give none of the training molecules.
            strict: give only what the decoder wrote as it stands (`decode_checked`).
            prior: one of `prior_names`; by default what the model was made for.
            targets: values of properties that the molecules should have, such as `{"logP": 2.5}`: of one that
                RDKit computes the recomputed value, of any other the head's prediction (`draw_at_targets`,
                which returns these too).
            tolerances: how far off is near enough, by property; a fifth of its spread unless told.
            max_draws: give up targets after so many draws; 100 a molecule, and 10,000 at least, unless told.
            seed: of all that is random.

        Returns:
            `num_samples` SMILES; fewer if even many times as many draws held no more.

        Raises:
            SettingsError: for a number, temperature or seed below 0, a prior or level that the model has
                not, or a target that neither RDKit nor the head knows.
            InputError: if no draw has the targets.
        """
        how: dict[str, Any] = {"temperature": temperature, "unique": unique, "novel": novel, "strict": strict}
        how |= {"prior": prior, "level": level, "seed": seed}
        if targets is None:
            if tolerances is not None or max_draws is not None:
                raise SettingsError("tolerances and max_draws go with targets only; give targets too")
            return draw_molecules(self, num_samples, **how).smiles
        how |= {"tolerances": tolerances, "max_draws": max_draws}
        return draw_at_targets(self, num_samples, targets, **how).smiles

    def with_prior(
        self, name: FittedPriorName, latents: npt.ArrayLike, settings: PriorSettings | None = None
    ) -> "MoleculeModel":
        """The same model with a prior fitted to latents `(N, L)`, such as those of molecules to be like.

        Args:
            name: "mixture", "flow", or "gaussian" in place of the one that training left.
            latents: of a VAE a draw of q(z|x) a molecule (`posterior_samples`), of others `encode`'s.
            settings: how; by default a mixture of 10, a flow of 5 minutes.

        Raises:
            InputError: if there are too few latents, or they are of another size, or not finite.
            SettingsError: if no prior of this name can be fitted.
        """
        settings = settings or PriorSettings()
        rows = latent_rows(latents, self.latent_dim)
        priors = {**self.priors, name: fit_prior(name, rows, settings)}
        facts = dict(self.facts)
        if name == GaussianPrior.name:  # which told the scale of the training molecules' latents
            facts["latent_scale"] = self.latent_scale
        return dataclasses.replace(self, priors=priors, facts=facts)

    def with_default_prior(self, name: PriorName) -> "MoleculeModel":
        """The same model with another prior to draw from unless it is said.

        Raises:
            SettingsError: if the model has no such prior.
        """
        sampler_of(self, name)
        return dataclasses.replace(self, facts={**self.facts, "default_prior": name})

    def reconstruct(self, smiles: Sequence[str]) -> pd.DataFrame:
        """What encoding and decoding makes of SMILES: columns smiles, reconstruction, same.

        Raises:
            MoleculeError: for the first SMILES that can't be read.
        """
        readable = self.all_readable(smiles)
        decoded = self.decode(self.posterior_of(readable.arrays)[0])
        same = [before == after for before, after in zip(readable.smiles, decoded, strict=True)]
        return pd.DataFrame({"smiles": readable.smiles, "reconstruction": decoded, "same": same})

    def neighbors(
        self, smiles: str, num_neighbors: int = 10, *, similarity: float | None = None, seed: int = 0
    ) -> pd.DataFrame:
        """Distinct molecules decoded from around one molecule's latents, most alike first.

        Args:
            smiles: the molecule; it is not among its neighbors.
            num_neighbors: how many.
            similarity: how alike they should be, within .1 (Tanimoto, ECFP4, 2,048 bits); None for as
                alike as can be found.
            seed: of the noise.

        Returns:
            Columns smiles and tanimoto, and noise: the level where the decoder is told of it, else a
            radius in units of the spread of the training molecules' latents; 0 for what the decoder wrote
            when it was made to write one token otherwise.

        Raises:
            MoleculeError: if the SMILES can't be read.
            InputError: if a similarity is asked of a model that was saved without a dial for it.
            SettingsError: for fewer than one neighbor, a seed below 0, or a similarity not between 0 and 1.
        """
        return neighbors_of(self, smiles, num_neighbors, seed, similarity)

    def neighbors_of_each(
        self,
        smiles: Sequence[str],
        num_neighbors: int = 10,
        *,
        similarity: float | None = None,
        seed: int = 0,
    ) -> pd.DataFrame:
        """As `neighbors` of `B` molecules, which are decoded together: quicker than one after another.

        The noise around a molecule depends on the seed and on the other molecules. Arguments and errors are
        those of `neighbors`.

        Returns:
            Columns place (from 0) and query (canonical), which say whose neighbor it is, and smiles, tanimoto
            and noise. A molecule around which nothing else is found has one row, where smiles is "".
        """
        return neighbors_of_each(self, smiles, num_neighbors, seed, similarity)

    def interpolate(self, start: str, end: str, num_steps: int = 10) -> pd.DataFrame:
        """Molecules on the straight line between two, both included: columns step, share, smiles.

        Raises:
            MoleculeError: if either SMILES can't be read.
            SettingsError: for fewer than two steps.
        """
        return straight_line(self, start, end, num_steps)

    def predict(self, latents: npt.ArrayLike) -> Predictions:
        """Predicted properties of latents `(B, L)`, in the properties' units.

        Raises:
            InputError: if the model has no head, or the latents have another size than the model's.
        """
        return predict_properties(*self._head(), self._nearest(latents))

    def predict_gradient(self, latents: npt.ArrayLike, property_name: str) -> Gradient:
        """One predicted property of latents `(B, L)` and its slope `(B, L)`, in the property's units.

        Raises:
            InputError: if the head does not predict this property, or the latents have another size than
                the model's.
        """
        return property_gradient(*self._head(), self._nearest(latents), property_name)

    def student(self) -> "Student":
        """A copy whose decoder can be taught, for optimisers that learn from what they find."""
        from molvae.generation.student import Student

        return Student(self)

    def transformer(self) -> "LatentTransformer":
        """A scikit-learn transformer from SMILES to latents, for use as descriptors in a pipeline."""
        from molvae.generation.transformer import LatentTransformer

        return LatentTransformer(self)

    def _nearest(self, latents: npt.ArrayLike) -> Tensor:
        return self.posterior_family.nearest(latent_rows(latents, self.latent_dim))

    def _head(self) -> tuple[PropertyHead, PropertyScaler]:
        if self.network.head is None or self.scaler is None:
            raise InputError("the model predicts no property; train it with --property")
        return self.network.head, self.scaler
