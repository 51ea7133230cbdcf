"""Curates and tokenizes a file: how fast, with how much memory, and whether every row is accounted for.

    molvae data fetch moses && python scripts/benchmarks/curation.py [--file FILE] [--property NAME]

To compare with: at least 2,000 molecules/s on 2 cores and at most 2 GB for all processes, on the
1,584,663 molecules of MOSES train.
"""

import argparse
import csv
import resource
import sys
import tempfile
import threading
import time
from itertools import islice
from pathlib import Path

import psutil
from benchmark_machine import describe_processor

from molvae.data.curation import curate
from molvae.data.preparation import TokenizerSettings, prepare
from molvae.data.reading import open_table
from molvae.data.sources import source_file
from molvae.data.splitting import SplitSettings

SAMPLE_SECONDS = 0.5
WANTED_RATE = 2000
WANTED_GIB = 2.0


class MemoryWatch(threading.Thread):
    """Samples the memory of this process and all its children; `peak` is the largest sum, in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._stop_asked = threading.Event()

    def run(self) -> None:
        """Samples until stopped."""
        while not self._stop_asked.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, memory_of_all())

    def stop(self) -> None:
        """Ends the sampling."""
        self._stop_asked.set()
        self.join()


def memory_of_all() -> int:
    """Bytes held by this process and its children; shared pages count once where the system can tell."""
    total = 0
    main = psutil.Process()
    for process in [main, *main.children(recursive=True)]:
        try:
            info = process.memory_full_info()
        except psutil.Error:
            continue  # it has just ended
        total += getattr(info, "pss", info.rss)
    return total


def head_of(path: Path, num_rows: int, folder: Path) -> Path:
    """A CSV of the first rows of a file."""
    table = open_table(path)
    texts = (text for chunk in table.chunks() for text in chunk.smiles)
    head = folder / "head.csv"
    with head.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["smiles"], *([text] for text in islice(texts, num_rows))])
    return head


def cpu_seconds() -> float:
    """CPU time used so far by this process and its children that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--file", type=Path, help="a table of SMILES (default: MOSES train)")
    parser.add_argument("--rows", type=int, help="only its first so many rows")
    parser.add_argument("--property", action="append", default=[], help="a property column to keep")
    parser.add_argument("--cache", type=Path, help="keep the result in this new folder, for MOLVAE_CACHE")
    parser.add_argument("--num-workers", type=int, help="worker processes (default: one a core)")
    arguments = parser.parse_args()
    if arguments.cache is not None and arguments.cache.exists():
        sys.exit(f'"{arguments.cache}" exists: what is in it would not be measured; give a new folder')
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file or source_file("moses", "train.csv.gz")
        if arguments.rows:
            path = head_of(path, arguments.rows, Path(folder))
        watch = MemoryWatch()
        watch.start()
        started, cpu_started = time.perf_counter(), cpu_seconds()
        cache = arguments.cache or Path(folder) / "cache"
        curated = curate(path, cache, property_columns=arguments.property, num_workers=arguments.num_workers)
        prepared = prepare(curated, cache, SplitSettings(), TokenizerSettings())
        seconds, cpu = time.perf_counter() - started, cpu_seconds() - cpu_started
        watch.stop()
        with prepared.ledger_path.open(encoding="utf-8") as file:
            num_in_ledger = sum(1 for _ in file) - 1
    rate = curated.num_rows / seconds
    accounted = prepared.num_kept + num_in_ledger == curated.num_rows
    print(describe_processor())
    print(f"{prepared.summary_line()}; every row accounted for: {'yes' if accounted else 'NO'}")
    print(f"speed: {rate:,.0f} molecules/s ({seconds:.1f} s), wanted {WANTED_RATE:,} on 2 cores")
    print(f"CPU time: {cpu:.1f} s, {1e6 * cpu / curated.num_rows:.0f} us a molecule, all processes together")
    print(f"peak memory of all processes: {watch.peak / 2**30:.2f} GiB, wanted at most {WANTED_GIB}")


if __name__ == "__main__":
    main()
