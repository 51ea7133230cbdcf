"""Show what a model folder holds: sizes, data, properties, how good it is, and what made it."""

import argparse

from molvae.commands.opening import add_model
from molvae.generation.model_folder import load_model
from molvae.studies.model_facts import describe_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the model."""
    add_model(parser)


def run(arguments: argparse.Namespace) -> None:
    """Loads the model, which checks every file of it, and prints a line a fact."""
    facts = describe_model(load_model(arguments.model))
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name:<{width}}  {value}")
