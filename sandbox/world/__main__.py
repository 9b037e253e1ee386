"""`python -m sandbox.world --seed 7`: what a world holds."""

from argparse import ArgumentParser

from sandbox.world.builder import build
from sandbox.world.summary import summary


def main() -> None:
    """Print the summary of one world."""
    parser = ArgumentParser(prog="python -m sandbox.world", description="What the sandbox's made-up business holds.")
    parser.add_argument("--seed", type=int, default=7)
    for line in summary(build(parser.parse_args().seed)):
        print(line)


if __name__ == "__main__":
    main()
