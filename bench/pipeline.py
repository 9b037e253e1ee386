"""The main job of the demonstration, run again: where its time goes.

Once in a new process, as a command or a nightly job has it, and once more in the same process, without the imports.
"""

from collections.abc import Sequence

from bench import main_job
from bench.demonstrated import Demonstrated
from bench.figures import Figure, say, seconds
from bench.workshop import Size


def measure(size: Size, demo: Demonstrated) -> list[Figure]:
    """Seconds of the first run and of later ones, each by step."""
    fresh: list[main_job.Times] = []
    living: list[main_job.Times] = []
    for repeat in range(size.repeats):
        say(f"pipeline: run again, {repeat + 1} of {size.repeats}")
        first, second = main_job.in_a_process(demo.as_of, runs=2)
        fresh.append(first)
        living.append(second)
    figures = by_step("first run", [demo.first_run])
    if size.repeats:
        figures += by_step("run again", fresh)
        figures += by_step("run again in a living process", living)
    return figures


def by_step(what: str, runs: Sequence[main_job.Times]) -> list[Figure]:
    """The whole, and each step with its share of it."""
    totals = [sum(times.values()) for times in runs]
    steps = [
        Figure(
            f"  {step}",
            seconds([times[step] for times in runs]),
            "the run",
            tuple(times[step] / total for times, total in zip(runs, totals, strict=True)),
        )
        for step in main_job.STEPS
    ]
    return [Figure(what, seconds(totals)), *steps]
