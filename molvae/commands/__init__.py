"""One module a command of the command line: its arguments, and the few calls that carry it out."""
