"""The one loop of every search: ask, score, tell, until the budget is spent or nothing new, or better, comes.

In: an optimiser and a counted oracle. Out: every scored molecule, best first, and where it came from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from molvae.errors import SettingsError
from molvae.interfaces import FloatArray, Optimizer
from molvae.optimization.ledger import OracleCall, ranked_calls
from molvae.optimization.memory import latent_of
from molvae.optimization.oracle import BudgetedOracle

DEFAULT_BATCH_SIZE = 16
MAX_IDLE_BATCHES = 50

StopReason = Literal["budget spent", "stalled", "plateau", "done"]


@dataclass(frozen=True, kw_only=True)
class RankedMolecule:
    """One scored molecule of a search.

    Attributes:
        rank: 1 for the best.
        call: score, values, operator, parent and number of the oracle call.
        latent: `(L,)`, what it was decoded from; None if no latent was behind it, or if it was scored in an
            earlier, interrupted run and not proposed again.
    """

    rank: int
    call: OracleCall
    latent: FloatArray | None


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """What a search found.

    Attributes:
        molecules: every unique molecule with a score, best first, the earlier one of equals first; where
            there are several aims, front by front.
        curve: the best score after each oracle call, `(calls,)`, NaN before the first score.
        num_failed: calls that gave no score, other than for a constraint that is broken.
        num_broken: calls of molecules that break a constraint.
        num_batches: how often the optimiser was asked.
        stop_reason: "budget spent", "stalled", "plateau", or "done" where it was told to stop.
    """

    molecules: list[RankedMolecule]
    curve: FloatArray
    num_failed: int
    num_broken: int
    num_batches: int
    stop_reason: StopReason


def search(
    optimizer: Optimizer,
    oracle: BudgetedOracle,
    batch_size: int = DEFAULT_BATCH_SIZE,
    on_batch: Callable[[BudgetedOracle], None] | None = None,
    is_done: Callable[[BudgetedOracle], bool] | None = None,
    patience: int | None = None,
) -> SearchResult:
    """The result of asking, scoring and telling until the budget is spent, it stalls or it is done.

    It stalls when `MAX_IDLE_BATCHES` batches running hold no molecule to score that it has not proposed
    before, and is on a plateau when `patience` calls running brought no better molecule than those before
    them. The optimiser is never told how much budget is left, so a search that goes on from the ledger of an
    interrupted one, with the same seed and batch size, goes the same way.

    Args:
        optimizer: proposes.
        oracle: scores, counts, and keeps the ledger.
        batch_size: molecules to ask for at a time.
        on_batch: called after each batch, for a progress bar.
        is_done: says after each batch whether to stop; None for a search that goes on.
        patience: calls without a better molecule after which to stop; None for a search that goes on.

    Raises:
        SettingsError: for a batch size or a patience below 1.
    """
    if batch_size < 1:
        raise SettingsError(f'the batch size is "{batch_size}": ask for at least 1 molecule at a time')
    if patience is not None and patience < 1:
        raise SettingsError(f'the patience is "{patience}": wait for at least 1 call')
    latents: dict[str, FloatArray | None] = {}
    num_batches = num_idle = 0
    stop_reason: StopReason = "budget spent"
    while oracle.remaining > 0:
        proposals = optimizer.ask(batch_size)
        scores = oracle(proposals.smiles, proposals.operator, proposals.parents)
        optimizer.tell(proposals, oracle.aims(proposals.smiles) if oracle.objective.aims else scores)
        num_batches += 1
        num_known = len(latents)
        for row, smiles in enumerate(proposals.smiles):
            if smiles in oracle:
                latents.setdefault(smiles, latent_of(proposals, row))
        num_idle = num_idle + 1 if len(latents) == num_known else 0
        if on_batch is not None:
            on_batch(oracle)
        if is_done is not None and is_done(oracle):
            stop_reason = "done"
            break
        if patience is not None and oracle.calls_since_best >= patience and oracle.remaining > 0:
            stop_reason = "plateau"
            break
        if num_idle >= MAX_IDLE_BATCHES:
            stop_reason = "stalled" if oracle.remaining > 0 else stop_reason
            break
    return _result(oracle, latents, num_batches, stop_reason)


def _result(
    oracle: BudgetedOracle,
    latents: dict[str, FloatArray | None],
    num_batches: int,
    stop_reason: StopReason,
) -> SearchResult:
    ranked = ranked_calls(oracle.history, oracle.objective.aims)
    return SearchResult(
        molecules=[
            RankedMolecule(rank=rank, call=call, latent=latents.get(call.smiles))
            for rank, call in enumerate(ranked, start=1)
        ],
        curve=oracle.curve(),
        num_failed=sum(call.has_failed for call in oracle.history),
        num_broken=sum(call.breaks_constraint for call in oracle.history),
        num_batches=num_batches,
        stop_reason=stop_reason,
    )
