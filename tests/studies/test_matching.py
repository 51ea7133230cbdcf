"""A KL weight found by bisection, on trainings whose outcome is a formula."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from molvae.errors import InputError
from molvae.generation.latent_model import MoleculeModel
from molvae.studies.comparison.arms import ARMS
from molvae.studies.comparison.matching import MAX_ATTEMPTS, TOLERANCE, attempt_rows, find_match, full_row

ARM, TO = ARMS["vae-matched"], ARMS["regularized-ae"]


class Told:
    """All of a model that matching asks for."""

    def __init__(self, reconstruction: float | None, steps: int = 400) -> None:
        valid = {"reconstruction": reconstruction} if reconstruction is not None else None
        self.facts = {"valid": valid, "steps": steps}


class Trainer:
    """A quarter of the steps gives back a tenth less; a VAE half of the molecules at a KL weight of .05."""

    def __init__(self, target: float = 0.7) -> None:
        self.target = target
        self.weights: list[float] = []

    def __call__(self, settings: Mapping[str, Any], steps: int, out: Path) -> MoleculeModel:
        out.mkdir(parents=True)
        if settings["bottleneck"] == "regularized":
            return cast("MoleculeModel", Told(self.target))
        self.weights.append(settings["kl_weight"])
        return cast("MoleculeModel", Told(self.reconstruction(settings["kl_weight"])))

    @staticmethod
    def reconstruction(kl_weight: float) -> float:
        return 1 / (1 + (kl_weight / 0.05) ** 1.5)


def test_the_weight_that_gives_back_as_many_is_found(tmp_path: Path) -> None:
    trainer = Trainer(0.7)
    match = find_match(ARM, TO, 400, tmp_path, trainer)
    truth = 0.05 * (1 / 0.7 - 1) ** (1 / 1.5)
    assert math.log(match.kl_weight / truth) == pytest.approx(0, abs=0.1)
    assert abs(trainer.reconstruction(match.kl_weight) - 0.7) <= TOLERANCE
    assert len(match.attempts) <= MAX_ATTEMPTS
    assert {made.steps for made in (match.target, *match.attempts)} == {100}


def test_no_attempt_is_made_twice(tmp_path: Path) -> None:
    class Stopped(Trainer):
        def __call__(self, settings: Mapping[str, Any], steps: int, out: Path) -> MoleculeModel:
            if len(self.weights) == 2:
                raise KeyboardInterrupt
            return super().__call__(settings, steps, out)

    stopped = Stopped(0.7)
    with pytest.raises(KeyboardInterrupt):
        find_match(ARM, TO, 400, tmp_path, stopped)
    going_on, again, whole = Trainer(0.7), Trainer(0.7), Trainer(0.7)
    match = find_match(ARM, TO, 400, tmp_path, going_on)
    assert match == find_match(ARM, TO, 400, tmp_path, again)
    assert match == find_match(ARM, TO, 400, tmp_path / "another", whole)
    assert stopped.weights + going_on.weights == whole.weights
    assert again.weights == []


@pytest.mark.parametrize(("target", "weight"), [(0.9999, 1e-3), (0.0001, 1.0)])
def test_where_no_weight_matches_the_closest_is_taken_and_the_table_says_so(
    target: float, weight: float, tmp_path: Path
) -> None:
    class Flat(Trainer):
        @staticmethod
        def reconstruction(kl_weight: float) -> float:
            return 0.5 - 0.01 * math.log10(kl_weight)

    match = find_match(ARM, TO, 400, tmp_path, Flat(target))
    assert len(match.attempts) == MAX_ATTEMPTS
    assert match.kl_weight == pytest.approx(weight, rel=0.15), "the end of the range that is nearer"
    model, other = (cast("MoleculeModel", Told(share)) for share in (0.55, target))
    rows = [*attempt_rows(ARM, TO, match), full_row(ARM, TO, match, model, other)]
    assert [row["within 0.02"] for row in rows] == ["no"] * (MAX_ATTEMPTS + 1)
    assert rows[-1]["training"] == "full"
    assert rows[-1]["difference"] == pytest.approx(0.55 - target)


def test_what_can_not_be_matched_is_said_in_a_line(tmp_path: Path) -> None:
    def without(settings: Mapping[str, Any], steps: int, out: Path) -> MoleculeModel:
        return cast("MoleculeModel", Told(None))

    with pytest.raises(InputError, match="no validation molecules to match arms on"):
        find_match(ARM, TO, 400, tmp_path, without)
    (tmp_path / "matching").mkdir()
    (tmp_path / "matching" / "attempts.json").write_text("[{", encoding="utf-8")
    with pytest.raises(InputError, match=r'attempts.json" is damaged; delete it'):
        find_match(ARM, TO, 400, tmp_path, Trainer())
