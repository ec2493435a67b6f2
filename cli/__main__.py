"""`python -m cli VERB ...` is `flagfive VERB ...`, for processes started from a clone."""

from cli.main import main

main()
