"""An arm's KL weight, found by bisection so that as many molecules come back as in another arm.

Short trainings are compared with a short training of that other arm, as one of a quarter of the steps gives
back fewer in either. What was found is kept beside the study, and nothing is tried twice:

matching/attempts.json    a line an attempt       matching/NAME/    an attempt that is under way
"""

import json
import logging
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from molvae.errors import InputError
from molvae.generation.latent_model import MoleculeModel
from molvae.studies.comparison.arms import Arm
from molvae.studies.comparison.measured import RESUMABLE
from molvae.studies.comparison.subjects import Row
from molvae.whole_files import write_whole

logger = logging.getLogger(__name__)

FOLDER, ATTEMPTS = "matching", "attempts.json"
#: Share of the steps that an attempt is trained for.
SHARE = 0.25
#: Where the KL weight is looked for, and how often at most.
KL_WEIGHTS, MAX_ATTEMPTS = (1e-3, 1.0), 6
#: Shares of molecules that come back are equal if they differ by no more than that.
TOLERANCE = 0.02

#: Settings of an arm, its steps and its folder in, the finished model out.
Train = Callable[[Mapping[str, Any], int, Path], MoleculeModel]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A short training.

    Attributes:
        arm: name of the arm that was trained.
        kl_weight: its KL weight; None for that of the arm that is to be matched.
        steps: how long it was.
        reconstruction: share of the validation molecules that came back exactly.
    """

    arm: str
    kl_weight: float | None
    steps: int
    reconstruction: float


@dataclass(frozen=True)
class Match:
    """What was found.

    Attributes:
        kl_weight: of the attempt that came closest.
        target: what the arm to be matched gave in a short training.
        attempts: those with a KL weight of their own, in order.
    """

    kl_weight: float
    target: Attempt
    attempts: Sequence[Attempt]


def find_match(arm: Arm, to: Arm, steps: int, out: Path, train: Train) -> Match:
    """The KL weight at which short trainings of two arms give back equally many validation molecules.

    The logarithm of the weight is bisected: the higher the weight, the fewer come back.

    Args:
        arm: whose weight is wanted.
        to: the arm to be matched.
        steps: of the full training.
        out: the study's folder.
        train: trains an attempt, or goes on with it.

    Raises:
        InputError: the attempts that the folder tells of can't be read, or there is no validation molecule.
    """
    short = max(1, round(SHARE * steps))
    log = _Log(out / FOLDER, train)
    target = log.attempt(to, None, short)
    low, high = (math.log(weight) for weight in KL_WEIGHTS)
    attempts: list[Attempt] = []
    for _ in range(MAX_ATTEMPTS):
        middle = (low + high) / 2
        found = log.attempt(arm, float(f"{math.exp(middle):.4g}"), short)
        attempts.append(found)
        gap = found.reconstruction - target.reconstruction
        if abs(gap) <= TOLERANCE / 2:  # the rest is for what a longer training changes
            break
        low, high = (middle, high) if gap > 0 else (low, middle)
    closest = min(attempts, key=lambda one: abs(one.reconstruction - target.reconstruction))
    assert closest.kl_weight is not None
    return Match(closest.kl_weight, target, attempts)


class _Log:
    """Attempts that were made, and those that are."""

    def __init__(self, folder: Path, train: Train) -> None:
        self._folder = folder
        self._train = train
        self._made = _read(folder / ATTEMPTS)

    def attempt(self, arm: Arm, kl_weight: float | None, steps: int) -> Attempt:
        """A short training of an arm; the one that was made, if there was such."""
        for made in self._made:
            if (made.arm, made.kl_weight, made.steps) == (arm.name, kl_weight, steps):
                return made
        changed = {"kl_weight": kl_weight} if kl_weight is not None else {}
        name = arm.name if kl_weight is None else f"{arm.name}-{kl_weight:g}"
        model = self._train({**arm.settings, **changed}, steps, self._folder / name)
        found = Attempt(arm=arm.name, kl_weight=kl_weight, steps=steps, reconstruction=_reconstruction(model))
        self._made.append(found)
        content = json.dumps([asdict(made) for made in self._made], indent=1) + "\n"
        write_whole({self._folder / ATTEMPTS: content.encode()}, remedy=RESUMABLE)
        shutil.rmtree(self._folder / name)
        logger.info("%s, %d steps: %.3f come back", name, steps, found.reconstruction)
        return found


def _read(path: Path) -> list[Attempt]:
    if not path.is_file():
        return []
    try:
        return [Attempt(**made) for made in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise InputError(f'"{path}" is damaged; delete it, and its attempts are made anew') from error


def _reconstruction(model: MoleculeModel) -> float:
    report = model.facts["valid"]
    if report is None:
        raise InputError("there are no validation molecules to match arms on; give more data")
    return float(report["reconstruction"])


def attempt_rows(arm: Arm, to: Arm, match: Match) -> list[Row]:
    """The attempts, each beside that of the arm that was to be matched."""
    target = match.target.reconstruction
    return [
        _row(arm, to, "short", made.kl_weight or 0.0, made.steps, made.reconstruction, target)
        for made in match.attempts
    ]


def full_row(arm: Arm, to: Arm, match: Match, model: MoleculeModel, other: MoleculeModel) -> Row:
    """The full training of a seed, beside that of the arm that was to be matched."""
    steps, found, target = int(model.facts["steps"]), _reconstruction(model), _reconstruction(other)
    return _row(arm, to, "full", match.kl_weight, steps, found, target)


def _row(arm: Arm, to: Arm, training: str, kl_weight: float, steps: int, found: float, target: float) -> Row:
    return {
        "arm": arm.label,
        "training": training,
        "KL weight": kl_weight,
        "steps": steps,
        "exact": found,
        f"exact, {to.label}": target,
        "difference": found - target,
        f"within {TOLERANCE:g}": "yes" if abs(found - target) <= TOLERANCE else "no",
    }
