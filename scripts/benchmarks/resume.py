"""Kills training with SIGKILL at random moments, resumes it, and compares the final weights byte for byte.

    python scripts/benchmarks/resume.py [--file data/moses_10k.csv] [--max-steps 300] [--kills 10] [--seed 0]

One run goes undisturbed. Each of the others is killed once, two of them in the first tenth of the time, which
is before the first checkpoint, and then resumed. To compare with: all of them equal.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from benchmark_machine import describe_machine

SHIPPED = Path(__file__).parents[2] / "data" / "moses_10k.csv"
EARLY_KILLS, EARLY_SHARE = 2, 0.1
#: A run is asked for checkpoints so often, to be killed between and within them.
CHECKPOINT_SECONDS, VALID_EVERY = 2, 50


def command(file: Path, out: Path, max_steps: int) -> list[str]:
    """The command line of a run."""
    limits = ["--max-steps", str(max_steps), "--valid-every", str(VALID_EVERY), "--seed", "0"]
    often = ["--checkpoint-seconds", str(CHECKPOINT_SECONDS)]
    return [sys.executable, "-m", "molvae", "--quiet", "train", str(file), "--out", str(out), *limits, *often]


def train(arguments: list[str], kill_after: float | None = None) -> bool:
    """Runs a training; true if it was killed after so many seconds, false if it ended before that.

    Raises:
        CalledProcessError: it failed by itself.
    """
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    try:
        code = process.wait(timeout=kill_after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    if code != 0:
        raise subprocess.CalledProcessError(code, arguments)
    return False


def digest(out: Path) -> str:
    """Identifies the bytes of a run's final weights."""
    return hashlib.sha256((out / "weights.safetensors").read_bytes()).hexdigest()


def killed_and_resumed(arguments: list[str], out: Path, seconds: float) -> tuple[float, bool]:
    """Kills a run, sooner and sooner until it has not ended before, and lets it end after that.

    Returns:
        The seconds after which it was killed, and whether it had a checkpoint by then.
    """
    while not train([*arguments, "--overwrite"], kill_after=seconds):
        seconds *= 0.8
    had_checkpoint = (out / "checkpoints" / "last.safetensors").is_file()
    train([*arguments, "--resume"])
    return seconds, had_checkpoint


def main() -> None:
    """Trains, kills, resumes, compares and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--file", type=Path, default=SHIPPED, help="a table of SMILES (default: the shipped one)"
    )
    parser.add_argument("--max-steps", type=int, default=300, help="steps a run")
    parser.add_argument("--kills", type=int, default=10, help="runs to kill")
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments")
    options = parser.parse_args()
    generator = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MOLVAE_CACHE"] = str(Path(folder) / "cache")
        train(
            command(options.file, Path(folder) / "first", 1)
        )  # fills the cache, so that all runs begin alike
        whole = Path(folder) / "undisturbed"
        started = time.perf_counter()
        train(command(options.file, whole, options.max_steps))
        seconds = time.perf_counter() - started
        print(describe_machine())
        print(f"undisturbed: {options.max_steps} steps, {seconds:.0f} s, weights {digest(whole)[:12]}")
        num_equal = 0
        for kill in range(options.kills):
            out = Path(folder) / f"killed-{kill}"
            share = generator.uniform(0, EARLY_SHARE if kill < EARLY_KILLS else 1)
            moment, had = killed_and_resumed(
                command(options.file, out, options.max_steps), out, share * seconds
            )
            is_equal = digest(out) == digest(whole)
            num_equal += is_equal
            print(
                f"killed after {moment:.1f} s, {'with a' if had else 'before the first'} checkpoint: "
                f"{'equal' if is_equal else 'DIFFERENT'}",
                flush=True,
            )
    print(f"{num_equal} of {options.kills} equal")
    sys.exit(num_equal != options.kills)


if __name__ == "__main__":
    main()
