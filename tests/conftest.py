"""Its place makes `tests/` importable: the tests of every room share plans.py and its like."""
