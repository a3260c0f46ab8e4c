"""`python -m exam` is the `exam` command."""

from exam.cli import main

if __name__ == "__main__":
    main()
