"""What a benchmark ran on, in one line."""

import platform
from pathlib import Path

from molvae.data.workers import num_cores


def describe_processor() -> str:
    """Processor, cores and Python."""
    name = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text(encoding="utf-8").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    return f"machine: {name}, {num_cores()} cores, Python {platform.python_version()}"


def describe_machine() -> str:
    """The same with torch and its threads."""
    import torch

    return f"{describe_processor()}, torch {torch.__version__} on {torch.get_num_threads()} threads"
