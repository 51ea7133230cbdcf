"""Evolution: new molecules of the best so far by moves of every kind, and a judge of which to score.

In: scores. Out: molecules made of elites by moves of their latents and edits of their graphs, and fresh
draws of the prior. The moves that find more of the best are used more. Many more molecules are made than are
asked for, and what is known already costs nothing; of the others those are proposed that a Gaussian process
on fragments and descriptors expects the most of, and a share as they come. Where several aims are told and
no score, the best are the front of all that was told, and the screen chooses what may enlarge it.

Source: Moss and Griffiths 2020 and Tripp et al. 2021, Tanimoto processes as a judge; Tripp and
Hernandez-Lobato 2023 (arXiv 2310.09267), evolution that a process screens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from molvae.errors import SettingsError
from molvae.interfaces import FloatArray, LatentModel, Proposals
from molvae.optimization.front_screen import FrontScreen
from molvae.optimization.grafts import GRAFT, Grafts
from molvae.optimization.graph_moves import GRAPH_CROSSOVER, MUTATION, GraphMoves
from molvae.optimization.latent_moves import CROSSOVER, NOISE, SLIP, LatentMoves, LatentMoveSettings
from molvae.optimization.memory import Memory
from molvae.optimization.molecule_process import FRAGMENTS_ALONE, KERNELS
from molvae.optimization.moves import Candidate, FreshDraws, Moves
from molvae.optimization.objectives import KnownAim
from molvae.optimization.operator_shares import OperatorShares
from molvae.optimization.random_prior import PRIOR, prior_proposals, wanted_draws
from molvae.optimization.screening import Quotas, Screen

#: Operators whose molecules are decoded from latents that the scores moved; all for a search that begins with
#: draws of the prior or seeks one score; and all for a front that is sought from molecules that are given.
LATENT_OPERATORS = (NOISE, CROSSOVER, SLIP)
OPERATORS = (*LATENT_OPERATORS, PRIOR, GRAPH_CROSSOVER, MUTATION)
LEAD_OPERATORS = (*OPERATORS, GRAFT)
#: Molecules made for each one proposed, and as many where a front is sought from given molecules: such a
#: search is a short one, and knows little that tells it where to go.
CANDIDATES, LEAD_CANDIDATES = 6, 24
#: Times that candidates are made for one batch, if the first hold too few new molecules.
MAX_ROUNDS = 4
#: Candidates that are made at a time at least, where not all may be answers.
LEAST_CANDIDATES = 96
#: A molecule is a success of its operator if it is among so large a share of the best so far, and among so
#: many of the best.
SUCCESS_SHARE, NUM_SUCCESSFUL = 0.1, 50
#: Molecules whose mean says whether the search goes on.
NUM_BEST = 10
#: Share of the batches that are made elsewhere while nothing better comes of the best.
AWAY_SHARE = 0.75
#: Early on little is known and every call teaches much, so fewer are proposed at a time: this share of those
#: that were told, but so many at least.
BATCH_SHARE, LEAST_BATCH = 1 / 16, 16


@dataclass(frozen=True, kw_only=True)
class EvolutionSettings(LatentMoveSettings):
    """How molecules evolve, and how latents are moved. Steps are in units of the prior's typical norm."""

    first_draws: int = field(
        default=50, metadata={"help": "draws of the prior that are scored first, where no molecule is given"}
    )
    candidates: int | None = field(
        default=None,
        metadata={
            "help": f"molecules made for each one proposed; by itself {CANDIDATES}, {LEAD_CANDIDATES} for a "
            "front that is sought from given molecules"
        },
    )
    free_share: float = field(
        default=0.25, metadata={"help": "share of proposals that the Gaussian process has no say in"}
    )
    patience: int = field(
        default=500,
        metadata={"help": "scored molecules without a better ten best before it looks elsewhere too"},
    )
    descriptors: bool = field(
        default=True,
        metadata={"help": "the Gaussian process compares descriptors too, and not fragments alone"},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("first_draws", "candidates", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f'{name} is "{value}"; it must be at least 1')
        if not 0 <= self.free_share <= 1:
            raise SettingsError(f'free_share is "{self.free_share}"; it must be from 0 to 1')


class Evolution:
    """An `Optimizer`: the starts or else draws of the prior, then what becomes of the best.

    Args:
        model: encodes, decodes and samples; one that is `Teachable` is taught, as a copy.
        starts: SMILES to score first, in place of draws of the prior.
        seed: of every random number.
        settings: see `EvolutionSettings`.
        operators: what may make molecules, of `LEAD_OPERATORS`; a model that can't be taught has no slips.
        aims: one for each of `K` aims that are told instead of a score: what gives it without a call, or
            None; empty for a score.
        is_allowed: whether a canonical SMILES may be an answer. What may not is proposed only if it is a
            start, or where nothing else is found. None where each may.

    Raises:
        SettingsError: for an unknown operator, or none.
        MoleculeError: for a start that can't be parsed or encoded.
    """

    def __init__(
        self,
        model: LatentModel,
        starts: Sequence[str],
        seed: int,
        settings: EvolutionSettings | None = None,
        operators: Sequence[str] = OPERATORS,
        aims: Sequence[KnownAim | None] = (),
        is_allowed: Callable[[str], bool] | None = None,
    ) -> None:
        unknown = [name for name in operators if name not in LEAD_OPERATORS]
        if unknown or not operators:
            raise SettingsError(
                f'"{", ".join(unknown)}" are no operators: choose some of {", ".join(LEAD_OPERATORS)}'
            )
        self._model = model
        self._settings = EvolutionSettings() if settings is None else settings
        self._generator = np.random.default_rng(seed)
        self._is_allowed = is_allowed
        self._memory = Memory(model, starts, latest_first=True)
        self._moves: dict[str, Moves] = {}
        for moves in (
            LatentMoves(model, self._memory, self._generator, self._settings),
            FreshDraws(model, self._generator),
            GraphMoves(self._memory, self._generator),
            Grafts(model, self._memory, self._generator),
        ):
            self._moves.update({name: moves for name in moves.operators if name in operators})
        self._shares = OperatorShares(list(self._moves))
        kernels = KERNELS if self._settings.descriptors else (FRAGMENTS_ALONE,)
        self._screen = (
            FrontScreen(self._generator, aims, kernels) if aims else Screen(self._generator, kernels)
        )
        self._candidates = self._settings.candidates or (LEAD_CANDIDATES if aims and starts else CANDIDATES)
        self._num_told, self._num_idle = 0, 0
        self._best, self._best_away = -np.inf, -np.inf
        self._no_latent = np.full(model.latent_dim, np.nan)

    def ask(self, num_proposals: int) -> Proposals:
        """The starting molecules or draws of the prior, then new molecules made of the best."""
        starts = self._memory.ask_starts(num_proposals)
        if starts is not None:
            return starts
        if not self._memory.starts:
            missing = self._settings.first_draws - self._num_told
            if missing > 0 or not self._memory.has_scores:
                count = min(num_proposals, missing) if missing > 0 else num_proposals
                return self._draws(count)
        self._memory.is_away = self._memory.detour.is_on and self._generator.random() < AWAY_SHARE
        num_proposals = min(num_proposals, max(LEAST_BATCH, round(BATCH_SHARE * self._num_told)))
        num_candidates = self._candidates * num_proposals
        num_made = num_candidates if self._is_allowed is None else max(num_candidates, LEAST_CANDIDATES)
        candidates = self.candidates(num_made, num_candidates)
        if not candidates:
            return self._draws(num_proposals)
        return self._proposals(candidates, num_proposals)

    def candidates(self, num_made: int, num_enough: int) -> list[Candidate]:
        """Molecules that were not told yet, each once, made of the best of those that were.

        Args:
            num_made: molecules made at a time, of which some are known or none.
            num_enough: the number at which no more are made; after `MAX_ROUNDS` times there may be fewer.
        """
        found: dict[str, Candidate] = {}
        for _ in range(MAX_ROUNDS):
            for candidate in self._made(num_made):
                if self._is_wanted(candidate.smiles):
                    found.setdefault(candidate.smiles, candidate)
            if len(found) >= num_enough:
                break
        return list(found.values())

    def _is_wanted(self, smiles: str) -> bool:
        """Whether it is a molecule, a new one, not one that is avoided, and may be an answer."""
        is_new = bool(smiles) and smiles not in self._memory
        if not is_new or (self._memory.is_away and self._memory.detour.is_near(smiles)):
            return False
        return self._may_be(smiles)

    def _may_be(self, smiles: str) -> bool:
        """Whether a molecule may be an answer."""
        return self._is_allowed is None or self._is_allowed(smiles)

    def _draws(self, num_proposals: int) -> Proposals:
        """Draws of the prior; those that may be answers, or one that may not where none of many may."""
        if self._is_allowed is None:
            return prior_proposals(self._model, num_proposals, self._generator)
        wanted = wanted_draws(self._model, num_proposals, self._generator, self._is_wanted)
        return wanted if wanted.smiles else prior_proposals(self._model, 1, self._generator)

    def tell(self, proposals: Proposals, scores: FloatArray) -> None:
        """Learns from the scores `(B,)`, or aims `(B, K)`; a molecule without is never asked for again."""
        fresh: dict[str, int] = {}
        for row, smiles in enumerate(proposals.smiles):
            if smiles and smiles not in self._memory:
                fresh.setdefault(smiles, row)
        self._memory.tell(proposals, scores if scores.ndim == 1 else scores.sum(axis=1))
        self._num_told += max(1, len(fresh))
        scored = {smiles: row for smiles, row in fresh.items() if not np.isnan(scores[row]).any()}
        if not scored:
            return
        self._teach_screen(scored, scores)
        known = self._memory.best_scores()
        share = min(SUCCESS_SHARE, NUM_SUCCESSFUL / len(known))
        bar = float(np.quantile(known, 1 - share))
        for smiles, row in scored.items():
            self._shares.tell(proposals.operator[row], self._memory.score_of(smiles) > bar)
        self._look_elsewhere_if_idle(list(scored))
        for moves in dict.fromkeys(self._moves.values()):
            moves.learn(len(scored))

    def _teach_screen(self, scored: dict[str, int], scores: FloatArray) -> None:
        """What breaks a constraint tells nothing of the score that its likes have."""
        if isinstance(self._screen, FrontScreen):
            self._screen.tell(list(scored), scores[list(scored.values())])
            self._memory.rescore(self._screen.scores)
            return
        allowed = [text for text in scored if self._may_be(text)]
        if allowed:
            self._screen.tell(allowed, scores[[scored[text] for text in allowed]])

    def _look_elsewhere_if_idle(self, smiles: Sequence[str]) -> None:
        """Begins a detour where molecules told last, and those before them, made the best no better.

        It ends with the first that does; one of which nothing more comes either is followed by the next.
        """
        memory = self._memory
        if self._is_better(smiles):
            self._num_idle = 0
            memory.avoid_nothing()
            return
        self._num_idle += len(smiles)
        best = memory.best_scores(NUM_BEST, elsewhere=True)
        if memory.detour.is_on and len(best) and best.mean() > self._best_away:
            self._num_idle, self._best_away = 0, float(best.mean())
        if self._num_idle >= self._settings.patience:
            self._num_idle, self._best_away = 0, -np.inf
            for moves in dict.fromkeys(self._moves.values()):
                moves.forget()
            if not isinstance(self._screen, FrontScreen):
                memory.avoid(memory.elsewhere[:NUM_BEST])

    def _is_better(self, smiles: Sequence[str]) -> bool:
        """Whether the best are better for molecules told last; of a front, whether one of them enlarged it.

        While fewer molecules have scores than say so, the search has only begun.
        """
        if isinstance(self._screen, FrontScreen):
            return any(self._screen.has_enlarged(text) for text in smiles)
        best = self._memory.best_scores(NUM_BEST)
        is_better = len(best) < NUM_BEST or float(best.mean()) > self._best
        if len(best) == NUM_BEST:
            self._best = max(self._best, float(best.mean()))
        return is_better

    def _made(self, num_candidates: int) -> list[Candidate]:
        """What every operator makes of its share."""
        drawn = self._shares.draw(num_candidates, self._generator)
        found: list[Candidate] = []
        for operator, moves in self._moves.items():
            count = drawn.count(operator)
            if count:
                found.extend(moves.make(operator, count))
        return found

    def _proposals(self, candidates: list[Candidate], num_proposals: int) -> Proposals:
        """A share as they come, and of the others what the screen expects the most of.

        Every operator gets its share of both: that a process thinks much of what it makes says little.
        """
        shuffled = [candidates[place] for place in self._generator.permutation(len(candidates)).tolist()]
        wanted = self._shares.draw(num_proposals, self._generator)
        quotas = Quotas([one.operator for one in shuffled], wanted)
        places = quotas.take_first(round(self._settings.free_share * num_proposals))
        smiles = [one.smiles for one in shuffled]
        places += self._screen.choose(smiles, num_proposals - len(places), quotas)
        return self._proposed([shuffled[place] for place in places])

    def _proposed(self, chosen: Sequence[Candidate]) -> Proposals:
        return Proposals(
            smiles=[one.smiles for one in chosen],
            latents=np.stack([self._no_latent if one.latent is None else one.latent for one in chosen]),
            operator=[one.operator for one in chosen],
            parents=[one.parent for one in chosen],
        )
