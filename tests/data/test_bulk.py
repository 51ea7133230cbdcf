"""Many molecules at once: the same with workers as without, and none left behind."""

from collections.abc import Generator
from typing import NamedTuple, cast

import numpy as np
import psutil
import pytest

from molvae.chem.properties import compute_properties
from molvae.data import bulk
from molvae.data.bulk import properties_of, screen_chunks
from molvae.data.screening import CurationSettings, screen_texts
from molvae.errors import SettingsError


class Texts(NamedTuple):
    """A chunk that knows where it stood."""

    number: int
    smiles: list[str]


def chunks_of(texts: list[str], size: int) -> list[Texts]:
    return [Texts(start, texts[start : start + size]) for start in range(0, len(texts), size)]


def no_workers(num_workers: int | None = None) -> None:
    raise AssertionError("no process should start")


def test_screening_with_workers_finds_what_one_process_finds_in_order() -> None:
    texts = [f"{'C' * (n % 30 + 1)}O" if n % 7 else f"bad{n}" for n in range(2500)]
    chunks = chunks_of(texts, 100)
    found = list(screen_chunks(chunks, CurationSettings(), num_workers=2))
    assert [chunk for chunk, _ in found] == chunks
    assert [row for _, screened in found for row in screened] == screen_texts(texts, CurationSettings())


def test_no_worker_outlives_a_stream_that_is_left_early() -> None:
    stream = screen_chunks(chunks_of(["CCO"] * 2100, 100), CurationSettings(), num_workers=2)
    next(stream)
    workers = [p for p in psutil.Process().children() if "molvae.data.workers" in " ".join(p.cmdline())]
    assert len(workers) == 2
    cast("Generator[object]", stream).close()
    assert not any(p.is_running() for p in workers)


def test_workers_compute_the_same_properties_in_the_same_order() -> None:
    smiles = ["C" * length for length in range(1, 41)] * 60 + ["oops"]
    expected = compute_properties(smiles, ["MW", "logP"])
    np.testing.assert_array_equal(properties_of(smiles, ["mw", "logp"], num_workers=2), expected)


def test_few_molecules_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "WorkerPool", no_workers)
    assert properties_of(["CC"] * 1999, ["num_heavy_atoms"]).tolist() == [[2]] * 1999
    assert properties_of([], ["QED"]).shape == (0, 1)
    assert properties_of(["C"], []).shape == (1, 0)
    with pytest.raises(AssertionError):
        properties_of(["CC"] * 2000, ["num_heavy_atoms"])


def test_a_bad_property_name_is_refused_before_any_process_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "WorkerPool", no_workers)
    with pytest.raises(SettingsError, match='unknown property "qd"'):
        properties_of(["C"] * 3000, ["qd"])
