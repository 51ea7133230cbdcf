"""Training that can be watched, stopped and trusted: same weights however often it was interrupted."""

import csv
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from molvae.data.augmentation import Writings
from molvae.errors import CheckpointError
from molvae.generation.tensors import read_tensors
from molvae.models.losses import Losses
from molvae.training import trainer as trainer_module
from molvae.training.checkpoint import RunState
from molvae.training.trainer import DivergedError, Trainer, _shown
from tests.training.tiny_runs import NUM_MOLECULES, tiny_data, tiny_trainer

Weights = dict[str, torch.Tensor]


def same(weights: Weights, others: Weights) -> bool:
    """Whether all weights are equal to the last bit."""
    return weights.keys() == others.keys() and all(torch.equal(weights[n], others[n]) for n in weights)


def last_weights(trainer: Trainer) -> Weights:
    """Weights, moments and step counts after the last step."""
    return read_tensors(trainer.checkpoints.last_path)[0]


def rows(run_dir: Path) -> list[dict[str, str]]:
    """The rows of metrics.csv without what is measured in seconds."""
    with (run_dir / "metrics.csv").open(newline="") as file:
        return [{n: v for n, v in row.items() if n != "seconds"} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    trainer = tiny_trainer(tmp_path_factory.mktemp("undisturbed"))
    result = trainer.run()
    assert result.is_complete
    assert (result.steps, result.molecules) == (20, 3 * 45 + 2 * 8)
    return trainer


def assert_like(trainer: Trainer, undisturbed: Trainer) -> None:
    assert same(last_weights(trainer), last_weights(undisturbed))
    assert same(trainer.model.state_dict(), undisturbed.model.state_dict())
    assert rows(trainer.run_dir) == rows(undisturbed.run_dir)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    undisturbed: Trainer, tmp_path: Path
) -> None:
    again, other = tiny_trainer(tmp_path / "again"), tiny_trainer(tmp_path / "other", seed=1)
    again.run()
    other.run()
    assert_like(again, undisturbed)
    assert not same(other.model.state_dict(), undisturbed.model.state_dict())


@pytest.mark.parametrize("moment", [2, 9, 12])
def test_a_run_stopped_with_ctrl_c_and_resumed_ends_with_the_same_weights(
    undisturbed: Trainer, tmp_path: Path, moment: int, caplog: pytest.LogCaptureFixture
) -> None:
    trainer = tiny_trainer(tmp_path)
    train_step = trainer.train_step

    def interrupted_step() -> Losses:
        if trainer.state.step + 1 == moment:
            signal.raise_signal(signal.SIGINT)
        return train_step()

    trainer.train_step = interrupted_step  # type: ignore[method-assign]
    result = trainer.run()
    assert (result.is_complete, result.steps) == (False, moment)
    assert result.best.reconstruction_loss > 0
    assert "press Ctrl-C again" in caplog.text
    resumed = tiny_trainer(tmp_path)
    assert resumed.run().is_complete
    assert_like(resumed, undisturbed)


def test_ctrl_c_works_again_after_a_run(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    tiny_trainer(tmp_path, max_steps=1).run()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are shot in forked processes")
def test_a_run_killed_at_any_moment_and_resumed_ends_with_the_same_weights(
    undisturbed: Trainer, tmp_path: Path
) -> None:
    moments = ["step:1", "step:8", "step:20", "write:1", "write:2", "write:7", "write:8", "write:20"]
    subprocess.run([sys.executable, "-m", "tests.training.tiny_runs", str(tmp_path), *moments], check=True)
    assert not (tmp_path / "step:1" / "checkpoints" / "last.safetensors").exists()
    assert (tmp_path / "step:8" / "checkpoints" / "last.safetensors").exists()
    for moment in moments:
        resumed = tiny_trainer(tmp_path / moment)
        resumed.run()
        assert_like(resumed, undisturbed)


def test_resuming_a_finished_run_changes_nothing(undisturbed: Trainer) -> None:
    before = undisturbed.checkpoints.last_path.read_bytes()
    again = tiny_trainer(undisturbed.run_dir)
    assert again.run().is_complete
    assert again.state.step == 20
    assert undisturbed.checkpoints.last_path.read_bytes() == before
    assert_like(again, undisturbed)


def test_rows_that_the_resumed_run_will_write_again_are_cut_from_the_metrics(
    undisturbed: Trainer, tmp_path: Path
) -> None:
    first = tiny_trainer(tmp_path)
    train_step = first.train_step

    def failing_step() -> Losses:
        if first.state.step + 1 == 8:
            raise RuntimeError("power cut")
        return train_step()

    first.train_step = failing_step  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="power cut"):
        first.run()
    with (tmp_path / "metrics.csv").open("a") as file:
        file.write("12,of a future that never came\n18")
    resumed = tiny_trainer(tmp_path)
    resumed.run()
    assert_like(resumed, undisturbed)
    assert [row["step"] for row in rows(tmp_path)] == ["6", "12", "18", "20"]


def test_a_full_disk_leaves_the_last_good_checkpoint_and_says_so(
    undisturbed: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, num_writes = tiny_trainer(tmp_path), 0

    def full(_: int) -> None:
        nonlocal num_writes
        num_writes += 1
        if num_writes == 10:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(CheckpointError) as caught:
            trainer.run()
    message = str(caught.value)
    assert "No space left on device" in message
    assert "the last complete checkpoint is intact" in message
    assert "--resume" in message
    assert "\n" not in message
    assert list((tmp_path / "checkpoints").glob(".*")) == []
    resumed = tiny_trainer(tmp_path)
    resumed.run()
    assert_like(resumed, undisturbed)


def test_training_lowers_the_loss_and_returns_the_best_weights(undisturbed: Trainer) -> None:
    losses = [float(row["loss"]) for row in rows(undisturbed.run_dir)]
    assert losses[-1] < losses[0]
    assert undisturbed.state.best_loss == pytest.approx(min(losses), rel=1e-4)
    best, facts = read_tensors(undisturbed.checkpoints.best_path)
    assert same(best, undisturbed.model.state_dict())
    assert facts["step"] == int(rows(undisturbed.run_dir)[losses.index(min(losses))]["step"])


def test_a_run_killed_between_its_last_and_its_best_checkpoint_still_has_both(
    undisturbed: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tiny_trainer(tmp_path)

    def killed(_: RunState) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(first.checkpoints, "save_best", killed)
    with pytest.raises(RuntimeError, match="power cut"):
        first.run()
    assert not first.checkpoints.best_path.exists()
    resumed = tiny_trainer(tmp_path)
    assert resumed.checkpoints.restore().step == 6
    assert read_tensors(resumed.checkpoints.best_path)[1]["step"] == 6
    resumed.run()
    assert_like(resumed, undisturbed)


def test_the_bar_shows_what_the_last_validation_found(undisturbed: Trainer, tmp_path: Path) -> None:
    report = undisturbed.state.best_report
    assert report is not None
    losses = tiny_trainer(tmp_path).train_step()
    shown = _shown(losses, report._replace(property_r2=(0.75, 0.0)))
    assert (shown["active"], shown["property error"]) == (report.active_units, "0.50 1.00")
    assert shown["kl"] == losses.kl_divergence.item()
    assert "active" not in _shown(losses, None)


def test_training_stops_when_validations_no_longer_get_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = tiny_trainer(tmp_path, max_steps=100, valid_every=2, patience=3)
    measure = trainer._measure
    rises = iter([3.0, 1.0, 2.0, 2.0, 2.0, 0.0])
    monkeypatch.setattr(trainer, "_measure", lambda: measure()._replace(mixed_loss=1e3 + next(rises)))
    result = trainer.run()
    assert result.is_complete
    assert result.steps == 2 * 5
    assert read_tensors(trainer.checkpoints.best_path)[1]["step"] == 4


def test_a_limit_in_minutes_ends_a_run_and_its_schedules_with_it(tmp_path: Path) -> None:
    trainer = tiny_trainer(tmp_path, max_steps=None, max_minutes=0.5 / 60, max_epochs=10**6)
    result = trainer.run()
    assert result.is_complete
    assert 0.5 <= result.seconds < 5
    rate = trainer.optimizer.param_groups[0]["lr"] / trainer.settings.learning_rate
    assert rate < 0.2


def test_a_limit_in_epochs_ends_a_run(tmp_path: Path) -> None:
    assert tiny_trainer(tmp_path, max_steps=None, max_epochs=2).run().steps == 2 * 6


def test_a_diverged_run_stops_and_says_what_to_change(tmp_path: Path) -> None:
    trainer = tiny_trainer(tmp_path)
    with torch.no_grad():
        trainer.model.decoder.logits.bias.fill_(torch.nan)
    with pytest.raises(DivergedError, match=r'loss at step 6 is "nan": .*lower learning_rate'):
        trainer.run()


def test_a_collapsed_run_is_reported_and_a_healthy_one_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    collapsed = tiny_trainer(tmp_path / "collapsed", kl_weight=50.0, kl_schedule="constant").run()
    for word in ("collapsed", "kl_weight", "free_bits"):
        assert word in collapsed.alarm
    assert collapsed.alarm.split(":")[0] in caplog.text
    caplog.clear()
    trainer = tiny_trainer(
        tmp_path / "healthy",
        kl_weight=0.0,
        learning_rate=0.02,
        max_steps=250,
        valid_every=50,
        checkpoint_seconds=99.0,
        token_dropout=0.0,
    )
    everything = torch.arange(NUM_MOLECULES).numpy()
    trainer.data = tiny_data()._replace(train=everything)
    healthy = trainer.run()
    assert healthy.alarm == ""
    assert healthy.best.nll_rise > 5


@pytest.mark.parametrize(
    ("few", "property_weight", "has_seen_labels"), [(500, None, False), (30, None, True), (500, 1.0, True)]
)
def test_properties_of_few_values_shape_the_latents_only_if_asked_to(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    property_weight: float | None,
    has_seen_labels: bool,
) -> None:
    monkeypatch.setattr(trainer_module, "FEW_LABELS", few)
    encoders = []
    for sign in (1, -1):
        trainer = tiny_trainer(tmp_path / f"{sign}", max_steps=3, property_weight=property_weight)
        targets = trainer.data.targets
        assert targets is not None
        data = trainer.data._replace(targets=sign * targets)
        result = Trainer(trainer.model, data, trainer.settings, trainer.run_dir).run()
        assert result.has_seen_labels == has_seen_labels
        encoders.append(trainer.model.encoder.state_dict())
    assert same(*encoders) != has_seen_labels


def test_further_writings_are_learned_with_what_is_known_of_their_molecule(tmp_path: Path) -> None:
    trainer = tiny_trainer(tmp_path, num_bits=8)
    owners = np.array([3, 4, 4, 50])  # the last is held out
    data = trainer.data.with_writings(Writings(trainer.data.arrays.subset(owners), owners))
    assert data.train.tolist() == [*range(45), 60, 61, 62]
    assert data.molecules_of(data.train).tolist() == [*range(45), 3, 4, 4]
    np.testing.assert_array_equal(data.valid, trainer.data.valid)
    losses = []
    for rows_ in ([3, 4, 4], [60, 61, 62]):
        once = tiny_trainer(tmp_path, num_bits=8)
        once.data = data
        once._next_batch = lambda chosen=rows_: np.array(chosen)  # type: ignore[method-assign,misc]
        losses.append(once.train_step())
    assert all(torch.equal(one, other) for one, other in zip(*losses, strict=True))


def test_latents_come_to_tell_what_a_molecule_holds(tmp_path: Path) -> None:
    trainer = tiny_trainer(
        tmp_path, num_bits=8, max_steps=150, valid_every=150, learning_rate=0.02, checkpoint_seconds=99.0
    )
    before = trainer.train_step().fingerprint_loss.item()
    trainer.run()
    assert trainer.train_step().fingerprint_loss.item() < before / 2


def test_bfloat16_agrees_with_float32(tmp_path: Path) -> None:
    changes = {"max_steps": 60, "valid_every": 60, "checkpoint_seconds": 99.0}
    full, half = (
        tiny_trainer(tmp_path / precision, precision=precision, **changes).run().best  # type: ignore[arg-type]
        for precision in ("float32", "bfloat16")
    )
    assert half.reconstruction_loss == pytest.approx(full.reconstruction_loss, rel=0.01)


def test_metrics_hold_a_column_a_measurement(undisturbed: Trainer) -> None:
    columns = set(rows(undisturbed.run_dir)[0])
    assert columns >= {
        "step",
        "molecules",
        "kl_weight",
        "loss",
        "reconstruction",
        "kl_divergence",
        "nll_rise",
        "active_units",
        "property_r2_0",
    }
    assert list((undisturbed.run_dir / "tensorboard").iterdir())
