"""What is imported when: nothing heavy before a command needs it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import molvae
from molvae.cli import COMMANDS

HEAVY = {"torch", "rdkit", "pandas", "sklearn", "selfies", "pyarrow", "numpy", "tokenizers", "tensorboard"}
PACKAGE = Path(molvae.__file__).parent


def modules_after(code: str, tmp_path: Path) -> set[str]:
    """The top-level modules that a fresh interpreter holds after the code."""
    code += "\nimport sys\nprint('\\n' + ' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    return set(result.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import molvae",
        "import molvae; molvae.__version__",
        "from molvae.cli import main; main(['--help'])",
        "from molvae.cli import main; main(['--version'])",
        "from molvae.cli import main; main(['nonsense'])",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(code: str, tmp_path: Path) -> None:
    modules = modules_after(code, tmp_path)
    assert "molvae" in modules
    assert modules & HEAVY == set()


def test_every_command_has_a_module_that_takes_arguments_and_runs() -> None:
    for name, command in COMMANDS.items():
        module = command.load()
        assert callable(module.add_arguments), name
        assert callable(module.run), name
        assert (module.__doc__ or "").partition("\n")[0].endswith("."), name


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match='module "molvae" has no attribute "laod"'):
        molvae.laod  # noqa: B018


def test_the_public_names_are_listed() -> None:
    assert set(dir(molvae)) == {"__version__", "load", "train"}


def test_the_init_of_a_package_imports_nothing_so_that_no_package_drags_in_another() -> None:
    inits = [path for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE]
    assert inits
    for path in inits:
        body = ast.parse(path.read_text(encoding="utf-8")).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path
