"""Curates a file, and says how fast, with how much memory, and whether every row is accounted for.

    python scripts/benchmarks/curation.py --file train.csv.gz [--rows 200000] [--num-workers 2]

To compare with: at least 2,000 molecules/s on 2 cores and at most 2 GB for all processes, on the
1,584,663 molecules of MOSES train.
"""

import argparse
import csv
import platform
import resource
import tempfile
import threading
import time
from itertools import islice
from pathlib import Path

import psutil

from molvae.data.curation import curate
from molvae.data.reading import open_table
from molvae.data.workers import num_cores

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


def cpu_name() -> str:
    """The processor's name, as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def cpu_seconds() -> float:
    """CPU time used so far by this process and its children that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--file", type=Path, required=True, help="e.g. train.csv.gz of MOSES")
    parser.add_argument("--rows", type=int, help="only its first so many rows")
    parser.add_argument("--num-workers", type=int, help="worker processes (default: one a core)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file
        if arguments.rows:
            path = head_of(path, arguments.rows, Path(folder))
        watch = MemoryWatch()
        watch.start()
        started, cpu_started = time.perf_counter(), cpu_seconds()
        curated = curate(path, Path(folder) / "cache", num_workers=arguments.num_workers)
        seconds, cpu = time.perf_counter() - started, cpu_seconds() - cpu_started
        watch.stop()
    rate = curated.num_rows / seconds
    accounted = curated.num_kept + curated.num_dropped == curated.num_rows
    print(f"machine: {cpu_name()}, {num_cores()} cores")
    print(f"{curated.summary_line()}; every row accounted for: {'yes' if accounted else 'NO'}")
    print(f"speed: {rate:,.0f} molecules/s ({seconds:.1f} s), wanted {WANTED_RATE:,} on 2 cores")
    print(f"CPU time: {cpu:.1f} s, {1e6 * cpu / curated.num_rows:.0f} us a molecule, all processes together")
    print(f"peak memory of all processes: {watch.peak / 2**30:.2f} GiB, wanted at most {WANTED_GIB}")


if __name__ == "__main__":
    main()
