"""`python -m tieline.cli`."""

from tieline.cli import main

main()
