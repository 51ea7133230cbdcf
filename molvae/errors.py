"""Every error that molvae raises on purpose.

Each one inherits `MolvaeError`, so one `except` catches them all, and the builtin that a Python
programmer would expect. A message is one line: what is wrong, the value in quotes, where, what to do.
"""


class MolvaeError(Exception):
    """The parent of every error meant for the user."""


class InputError(MolvaeError, ValueError):
    """A file, a column or a value that the user gave can't be used."""


class MissingFileError(MolvaeError, FileNotFoundError):
    """A file or folder that should be there isn't."""


class OutputExistsError(MolvaeError, FileExistsError):
    """An output path is taken, and nothing is overwritten without being told."""


class MoleculeError(InputError):
    """A molecule can't be parsed, or can't be written in the notation the model reads."""


class UnseenSymbolError(MoleculeError):
    """A molecule holds a SELFIES symbol that the tokenizer was not built on."""


class SettingsError(InputError):
    """A setting is unknown, of the wrong type, or out of its range."""


class ModelFolderError(InputError):
    """A model folder is incomplete, damaged, edited, foreign, or from a newer version."""


class DataSourceError(MolvaeError, OSError):
    """A public data set could not be fetched, or is not what it should be."""


class BudgetError(MolvaeError, RuntimeError):
    """An oracle was asked for more molecules than its budget allows."""


class CheckpointError(MolvaeError, OSError):
    """A file of a run or a model could not be written; what was there before is intact."""


class InterruptedRunError(MolvaeError, RuntimeError):
    """The user stopped a run before what it was for could be done."""
