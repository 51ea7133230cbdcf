"""The command line: finds the command, hands it its arguments, and turns an error into an exit code.

Exit codes: 0 done; 1 an error, said in one line; 2 wrong usage; 130 interrupted; 141 nobody reads the output.
Nothing heavy is imported here: a command's module is loaded when that command is asked for.
"""

import argparse
import difflib
import importlib
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import molvae
from molvae.errors import MolvaeError
from molvae.progress import LineHandler
from molvae.settings import command_table, unknown


class Command(NamedTuple):
    """A command: a line for the help, and the module that carries it out."""

    help: str
    module: str

    def load(self) -> "CommandModule":
        """The module, imported now."""
        return cast("CommandModule", importlib.import_module(self.module))


class CommandModule(Protocol):
    """What a module in `molvae.commands` offers; the first line of its docstring is its description."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's own arguments and flags."""
        ...

    def run(self, arguments: argparse.Namespace) -> None:
        """Does the work; `arguments.table` is its TOML table, `arguments.table_where` where that stands."""
        ...


COMMANDS: dict[str, Command] = {
    "quickstart": Command("see all of it work: train, sample and optimize", "molvae.commands.quickstart"),
    "data": Command("list the public data sets, and fetch one", "molvae.commands.data"),
    "prepare": Command(
        "curate a table of SMILES, and say what is dropped and why", "molvae.commands.prepare"
    ),
    "properties": Command("compute properties of the molecules of a table", "molvae.commands.properties"),
    "train": Command("train a VAE or a plain autoencoder on a table of SMILES", "molvae.commands.train"),
    "info": Command("show what a model folder holds", "molvae.commands.info"),
    "fit-prior": Command("fit a prior to molecules that samples should be like", "molvae.commands.fit_prior"),
    "sample": Command("sample new molecules", "molvae.commands.sample"),
    "encode": Command("molecules of a table to latents", "molvae.commands.encode"),
    "decode": Command("latents to molecules", "molvae.commands.decode"),
    "reconstruct": Command("encode and decode the molecules of a table", "molvae.commands.reconstruct"),
    "neighbors": Command("molecules near one molecule, or near each of a table", "molvae.commands.neighbors"),
    "interpolate": Command("molecules between two molecules", "molvae.commands.interpolate"),
    "denoise": Command("bring corrupted molecules back", "molvae.commands.denoise"),
    "predict": Command("predict properties with the model's head", "molvae.commands.predict"),
    "evaluate": Command("measure a table of sampled molecules", "molvae.commands.evaluate"),
    "compare": Command(
        "train a VAE and autoencoders side by side, and measure them", "molvae.commands.compare"
    ),
    "report": Command("write a page about a model, to open in a browser", "molvae.commands.report"),
    "optimize": Command("search for molecules with a better property", "molvae.commands.optimize"),
    "suggest": Command("a batch of molecules worth measuring next", "molvae.commands.suggest"),
    "learn": Command("read back what the laboratory measured", "molvae.commands.learn"),
    "benchmark": Command("compare optimizers on a published benchmark", "molvae.commands.benchmark"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit code; `argv` is what follows the program's name."""
    debug = False
    try:
        shared, rest = _global_parser().parse_known_args(sys.argv[1:] if argv is None else argv)
        debug = shared.debug
        _set_up_logging(shared)
        _run(shared, rest)
        sys.stdout.flush()
    except SystemExit as stop:  # argparse: 0 after --help, 2 after a usage error
        return stop.code if isinstance(stop.code, int) else 1
    except KeyboardInterrupt:
        print("molvae: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # What is still buffered has nowhere to go; Python would complain about it when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (MolvaeError, OSError) as error:
        if debug:
            traceback.print_exc()
        else:
            print(f"molvae: error: {_one_line(error)}", file=sys.stderr)
        return 1
    return 0


def _global_parser() -> argparse.ArgumentParser:
    """The flags of every command. They may stand anywhere, so they are taken out first."""
    parser = argparse.ArgumentParser(
        prog="molvae",
        usage="molvae COMMAND ... [--config FILE.toml] [--quiet | --verbose] [--debug]",
        description="Autoencoders over molecules: train on any CSV of SMILES, sample, encode, optimize.",
        epilog="\n".join(
            [
                "commands:",
                *(f"  {name:<12} {command.help}" for name, command in COMMANDS.items()),
                "",
                "molvae COMMAND --help shows the arguments of a command.",
            ]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,  # --help may be meant for the command
        allow_abbrev=False,
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE.toml", help="settings: a table a command; flags win"
    )
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("--quiet", action="store_true", help="warnings and errors only, no progress")
    loudness.add_argument("--verbose", action="store_true", help="details of what is being done")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.add_argument("--version", action="store_true", help="show the version and stop")
    return parser


def _run(shared: argparse.Namespace, rest: list[str]) -> None:
    """Finds the command in what the global flags left, parses its arguments and runs it."""
    if shared.version:
        print(f"molvae {molvae.__version__}")
        return
    if not rest or rest[0] in ("-h", "--help"):
        _global_parser().print_help()
        return
    name = rest[0]
    if name not in COMMANDS:
        _global_parser().error(unknown("flag" if name.startswith("-") else "command", name, COMMANDS))
    module = COMMANDS[name].load()
    parser = _CommandParser(
        prog=f"molvae {name}",
        description=(module.__doc__ or "").partition("\n")[0],
        epilog="molvae --help shows the flags of every command: --config, --quiet, --verbose, --debug.",
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    arguments, extra = parser.parse_known_args(rest[1:])
    if extra:
        parser.error(parser.advice(extra[0]))
    arguments.table, arguments.table_where = {}, "defaults"
    if shared.config is not None:
        arguments.table, arguments.table_where = command_table(shared.config, name, COMMANDS)
    module.run(arguments)


class _CommandParser(argparse.ArgumentParser):
    """A parser that knows what to say of an argument it does not know."""

    def advice(self, extra: str) -> str:
        """The words for an argument that no flag or position took."""
        if not extra.startswith("-"):
            return f'one argument too many: "{extra}"; see {self.prog} --help'
        near = difflib.get_close_matches(extra.partition("=")[0], self._option_string_actions, n=1)
        return f'unknown flag "{extra}"; ' + (
            f'did you mean "{near[0]}"?' if near else f"see {self.prog} --help"
        )


def _set_up_logging(shared: argparse.Namespace) -> None:
    """Sends what molvae logs to stderr, as loud as the flags say."""
    handler = LineHandler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s" if shared.verbose else "%(message)s"))
    log = logging.getLogger("molvae")
    log.handlers = [handler]
    log.setLevel(logging.WARNING if shared.quiet else logging.DEBUG if shared.verbose else logging.INFO)


def _one_line(error: Exception) -> str:
    """The message of an error in one line; the system's own errors name their file."""
    message = str(error)
    if isinstance(error, OSError) and error.strerror:
        message = error.strerror if error.filename is None else f'{error.strerror}: "{error.filename}"'
    return " ".join(message.split()) or type(error).__name__
