"""`python -m cli VERB ...` is `flagfive VERB ...`, for processes started from a clone."""

from cli.main import main

if __name__ == "__main__":  # a child process of the console imports this module too
    main()
