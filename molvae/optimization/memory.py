"""What an optimiser remembers: the starting molecules still to be scored, and every molecule's score.

In: proposals and their scores. Out: the elites, drawn so that good ones come often and none is forgotten.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from molvae.chem.molecules import canonicalize
from molvae.interfaces import FloatArray, LatentModel, Proposals
from molvae.optimization.detour import Detour
from molvae.optimization.lenient_encoding import encode_or_keep, encode_readable

START = "start"


class Memory:
    """Scored molecules and their latents.

    A molecule's latent is what the encoder makes of it, as that is where its likes are; the latent it was
    decoded from stands in for one that can't be encoded.

    Args:
        model: encodes the molecules.
        starts: SMILES to propose before all else.
        latest_first: of equal scores the latest is the best, so that a search on a plateau moves on; else
            the first.

    Raises:
        MoleculeError: for a start that can't be parsed or encoded.
    """

    def __init__(self, model: LatentModel, starts: Sequence[str], *, latest_first: bool = False) -> None:
        self._model = model
        self._latest_first = latest_first
        self.starts = list(dict.fromkeys(canonicalize(text) for text in starts))
        self.start_latents = model.encode(self.starts) if self.starts else np.empty((0, model.latent_dim))
        self._num_starts_asked = 0
        self._latents = dict(zip(self.starts, self.start_latents, strict=True))
        self._encoded = set(self.starts)
        self._latentless: set[str] = set()
        self._scores: dict[str, float] = {}
        self._ranked: list[str] = []
        self._elsewhere: list[str] | None = None
        self.detour = Detour()
        #: Whether elites are drawn from those that the detour does not avoid.
        self.is_away = False

    def ask_starts(self, num_proposals: int) -> Proposals | None:
        """The next starting molecules, at most `num_proposals`; None when all have been asked for."""
        chosen = slice(self._num_starts_asked, self._num_starts_asked + num_proposals)
        smiles = self.starts[chosen]
        if not smiles:
            return None
        self._num_starts_asked += len(smiles)
        return Proposals(
            smiles=smiles,
            latents=self.start_latents[chosen],
            operator=[START] * len(smiles),
            parents=[""] * len(smiles),
        )

    def tell(self, proposals: Proposals, scores: FloatArray) -> None:
        """Remembers scores `(B,)`; a molecule without one is remembered too, and never becomes an elite."""
        for row, (smiles, score) in enumerate(zip(proposals.smiles, scores.tolist(), strict=True)):
            if smiles and smiles not in self._scores:
                self._scores[smiles] = score
                if smiles not in self._latents and (latent := latent_of(proposals, row)) is not None:
                    self._latents[smiles] = latent
        self._rank()

    def rescore(self, scores: Mapping[str, float]) -> None:
        """Gives molecules that were told other scores, where a score depends on all that was told."""
        self._scores.update(scores)
        self._rank()

    def _rank(self) -> None:
        told = reversed(self._scores) if self._latest_first else self._scores
        scored = [smiles for smiles in told if not np.isnan(self._scores[smiles])]
        self._ranked = sorted(scored, key=lambda smiles: -self._scores[smiles])
        self._elsewhere = None

    def __contains__(self, smiles: str) -> bool:
        return smiles in self._scores

    @property
    def has_scores(self) -> bool:
        """Whether any molecule has a score."""
        return bool(self._ranked)

    @property
    def elites(self) -> list[str]:
        """What is drawn from: all that have a score or, while away, those elsewhere; the best first."""
        return self.elsewhere if self.is_away else self._ranked

    @property
    def elsewhere(self) -> list[str]:
        """All that have a score and are not avoided, the best first."""
        if self._elsewhere is None:
            self._elsewhere = [smiles for smiles in self._ranked if not self.detour.is_near(smiles)]
        return self._elsewhere

    def avoid(self, smiles: Sequence[str]) -> None:
        """Has the detour avoid these, beside those that it does."""
        self.detour.avoid(smiles)
        self._elsewhere = None

    def avoid_nothing(self) -> None:
        """Ends the detour."""
        self.detour.end()
        self.is_away, self._elsewhere = False, None

    def best_scores(self, num_best: int | None = None, *, elsewhere: bool = False) -> FloatArray:
        """The scores of all that have one, or of those elsewhere, or of the best; the highest first."""
        ranked = self.elsewhere if elsewhere else self._ranked
        scores: FloatArray = np.array([self._scores[smiles] for smiles in ranked[:num_best]])
        return scores

    def score_of(self, smiles: str) -> float:
        """The score of a molecule in memory; NaN if it got none."""
        return self._scores[smiles]

    def draw_elites(
        self, num_elites: int, generator: np.random.Generator, among: int | None = None
    ) -> list[str]:
        """Scored molecules, with repeats, their ranks drawn log-uniformly.

        While nothing has a score they are any of the starts, or none.
        Among 500 molecules the best is drawn 11 % of the time, one of the best ten 39 %. With `among`, no
        molecule ranked after it is drawn.
        """
        elites = self.elites or self._ranked
        if not elites:
            rows = generator.integers(len(self.starts), size=num_elites).tolist() if self.starts else []
            return [self.starts[row] for row in rows]
        draws = generator.uniform(size=num_elites)
        num_ranks = len(elites) if among is None else min(among, len(elites))
        ranks = np.floor((num_ranks + 1) ** draws).astype(int) - 1
        return [elites[rank] for rank in ranks]

    def with_latents(self, smiles: Sequence[str]) -> list[str]:
        """Those of the molecules that have a latent: all but what came without one and can't be encoded."""
        new = [
            text
            for text in dict.fromkeys(smiles)
            if text not in self._latents and text not in self._latentless
        ]
        for text, latent in zip(new, encode_readable(self._model, new), strict=True):
            if np.isnan(latent).any():
                self._latentless.add(text)
            else:
                self._latents[text] = latent
                self._encoded.add(text)
        return [text for text in smiles if text in self._latents]

    def latents_of(self, smiles: Sequence[str]) -> FloatArray:
        """Where molecules lie, `(B, L)`; each is encoded once.

        Raises:
            MoleculeError: for a molecule that can't be encoded and came without a latent.
        """
        missing = [text for text in dict.fromkeys(smiles) if text not in self._encoded]
        known = [text for text in missing if text in self._latents]
        unknown = [text for text in missing if text not in self._latents]
        if known:
            given = np.stack([self._latents[text] for text in known])
            self._latents.update(zip(known, encode_or_keep(self._model, known, given), strict=True))
        if unknown:
            self._latents.update(zip(unknown, self._model.encode(unknown), strict=True))
        self._encoded.update(missing)
        return np.array([self._latents[text] for text in smiles]).reshape(-1, self._model.latent_dim)


def latent_of(proposals: Proposals, row: int) -> FloatArray | None:
    """The latent `(L,)` that a proposal was decoded from; None if no latent was behind it."""
    if proposals.latents is None or np.isnan(proposals.latents[row]).any():
        return None
    latent: FloatArray = proposals.latents[row]
    return latent
