"""Runs `python -m flagfive VERB ...` like `flagfive VERB ...`, for processes started from a clone."""

from flagfive.main import main

if __name__ == "__main__":  # a child process of the console imports this module too
    main()
