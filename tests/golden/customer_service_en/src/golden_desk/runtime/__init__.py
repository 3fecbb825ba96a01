"""How every command starts, prints and ends."""

PACKAGE = __name__.partition(".")[0]  # of this project, as in `python -m PACKAGE.train`
