"""Token arrays there and back, and batches that hold each molecule once, with others of its length."""

from pathlib import Path

import numpy as np

from molvae.data.dataset import TokenArrays, bucketed_batches

MOLECULES = [np.array(ids, dtype=np.uint16) for ids in ([4, 5, 6], [7], [], [65535, 4])]


def test_a_batch_holds_the_molecules_asked_for_padded_with_zeros() -> None:
    batch = TokenArrays.of(MOLECULES).batch(np.array([3, 0, 1]))
    assert batch.token_ids.tolist() == [[65535, 4, 0], [4, 5, 6], [7, 0, 0]]
    assert batch.lengths.tolist() == [2, 3, 1]
    assert batch.token_ids.dtype == batch.lengths.dtype == np.int64


def test_arrays_come_back_from_disk_memory_mapped(tmp_path: Path) -> None:
    arrays = TokenArrays.of(MOLECULES)
    arrays.write(tmp_path)
    again = TokenArrays.open(tmp_path)
    assert isinstance(again.tokens, np.memmap)
    assert len(again) == 4
    assert again.lengths.tolist() == [3, 1, 0, 2]
    for index in range(4):
        assert again.batch(np.array([index])).lengths == len(MOLECULES[index])
    assert again.batch(np.array([0, 3])).token_ids.tolist() == [[4, 5, 6], [65535, 4, 0]]


def batches_of(seed: int, epoch: int) -> list[list[int]]:
    lengths = np.random.default_rng(0).integers(1, 60, 3000)
    indices = np.arange(0, 3000, 2)
    drawn = bucketed_batches(indices, lengths, batch_size=8, seed=seed, epoch=epoch)
    return [batch.tolist() for batch in drawn]


def test_an_epoch_holds_every_index_once() -> None:
    batches = batches_of(0, 0)
    assert sorted(index for batch in batches for index in batch) == list(range(0, 3000, 2))
    assert len(batches) == -(-1500 // 8)
    assert sorted(map(len, batches))[1:] == [8] * (len(batches) - 1)


def test_seed_and_epoch_fix_the_batches_and_either_changes_them() -> None:
    assert batches_of(1, 2) == batches_of(1, 2)
    assert batches_of(1, 2) != batches_of(1, 3)
    assert batches_of(1, 2) != batches_of(2, 2)


def test_a_batch_holds_molecules_of_like_length_and_batches_come_in_no_order_of_length() -> None:
    lengths = np.random.default_rng(0).integers(1, 60, 3000)
    batches = batches_of(0, 0)
    spreads = [np.ptp(lengths[batch]) for batch in batches]
    assert np.mean(spreads) < 3
    means = [lengths[batch].mean() for batch in batches]
    assert abs(np.corrcoef(means[:-1], means[1:])[0, 1]) < 0.3
