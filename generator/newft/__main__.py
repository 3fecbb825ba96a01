"""`python -m newft`."""

from newft.cli import main

raise SystemExit(main())
