"""The command line: arguments in, exit status out (0 done, 1 failed, 2 wrong usage, 130 interrupted)."""
import argparse
import difflib
import os
import signal
import sys
from pathlib import Path

from . import dataset, fused, process, setup
from .answer import Agreement
from .case import Case
from .contestants import Contestant, all_contestants
from .dataset import CODECS
from .error import CompareError, UsageError
from .layout import REPOSITORY, Layout
from . import machine
from .machine import available_cores
from .question import QUESTIONS
from .report import Comparison, render
from .rounds import Rules, measure_case
from .scripts import SCRIPTS
from .tpch import check, query
from .tpch import contestants as tpch_contestants
from .tpch import report as tpch_report
from .tpch.answer import agreement

EXAMPLES = """examples:
  benches/compare setup                        the peers, in target/compare/venv
  benches/compare data --scale 0.1             about 100 MB of each data set in every codec
  benches/compare run --scale 0.1 -q Q1,Q2 -p swath,duckdb,limits --codec gz,bz2
  benches/compare run --record benches/record/DATE-NAME.md
  benches/compare tpch -q 1,6,13 --codec gz -r 5
"""


def main() -> int:
    """Runs the command given in sys.argv."""
    options = parser().parse_args()
    layout = Layout(options.work.resolve(), getattr(options, "scale", 1.0))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    process.adopt_orphans()
    try:
        return options.command(layout, options)
    except CompareError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"  hint: {error.hint}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough; nothing is left to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        process.kill_children()


def interrupt(_number, _frame) -> None:
    """Unwinds once; while things are cleaned up, further signals are not listened to."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="benches/compare", epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Runs the same questions on Swath and on its peers; see benches/README.md.")
    work, size, binary = work_options(), size_options(), binary_options()
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    setup_peers = commands.add_parser("setup", parents=[work], help="install the peers")
    setup_peers.set_defaults(command=do_setup)
    show = commands.add_parser("list", parents=[work, binary], help="show questions and contestants")
    show.set_defaults(command=do_list)
    data = commands.add_parser("data", parents=[work, size], help="make the data")
    data.add_argument("--force", action="store_true", help="make again what is there")
    data.set_defaults(command=do_data)
    run = commands.add_parser("run", parents=[work, size, binary], help="compare")
    add_run_options(run)
    run.set_defaults(command=do_run)
    together = commands.add_parser("fused", parents=[work, size, binary],
                                   help="compare many questions at once with one after the other")
    together.add_argument("-s", "--scripts", type=names, metavar="S,...",
                          help=f"some of {','.join(SCRIPTS)} (default: all)")
    together.add_argument("-p", "--peers", type=names, metavar="P,...", help="some of duckdb,polars (default: both)")
    together.add_argument("-r", "--reps", type=positive(int), default=3, metavar="N", help="rounds (default: 3)")
    together.add_argument("--timeout", type=positive(float), default=900, metavar="S",
                          help="give up after S s (default: 900)")
    together.add_argument("--record", type=Path, metavar="FILE", help="write the report to a new file, too")
    together.set_defaults(command=do_fused)
    tpch_run = commands.add_parser("tpch", parents=[work, binary], help="compare on the 22 queries of TPC-H")
    add_tpch_options(tpch_run)
    tpch_run.set_defaults(command=do_tpch)
    return top


def work_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--work", type=Path, metavar="DIR", default=REPOSITORY / "target" / "compare",
                         help="where data and peers lie (default: target/compare)")
    return options


def size_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--scale", type=positive(float), default=1.0, metavar="S",
                         help="size of the data: 1 is about 1 GB of each (default: 1)")
    options.add_argument("--codec", type=names, metavar="C,...", help=f"some of {','.join(CODECS)} (default: all)")
    return options


def binary_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--swath", type=Path, default=REPOSITORY / "target" / "release" / "swath", metavar="PATH",
                         help="the binary (default: target/release/swath)")
    return options


def add_run_options(run: argparse.ArgumentParser) -> None:
    run.add_argument("-q", "--queries", type=names, metavar="Q,...",
                     help=f"some of {','.join(QUESTIONS)} (default: all)")
    run.add_argument("-p", "--peers", type=names, metavar="P,...",
                     help="names or kinds that `list` shows; duckdb means its variants too (default: all)")
    add_measuring_options(run)


def add_tpch_options(run: argparse.ArgumentParser) -> None:
    run.add_argument("--scale", type=positive(float), default=1.0, metavar="S",
                     help="scale factor: 1 is 6 million lines of orders, about 1 GB (default: 1)")
    run.add_argument("--codec", type=names, default=["plain", "gz"], metavar="C,...",
                     help=f"some of {','.join(CODECS)} (default: plain,gz)")
    run.add_argument("-q", "--queries", type=names, metavar="Q,...", help="some of q01,...,q22; 1 is q01 (default: all)")
    run.add_argument("-p", "--peers", type=names, metavar="P,...",
                     help="some of swath,duckdb,duckdb-loaded,polars,polars-loaded; duckdb means both (default: all)")
    add_measuring_options(run)


def add_measuring_options(run: argparse.ArgumentParser) -> None:
    run.add_argument("-r", "--reps", type=positive(int), default=3, metavar="N", help="rounds (default: 3)")
    run.add_argument("--cores", type=positive(int), metavar="N", help="keep everybody to N cores (default: all)")
    run.add_argument("--long", type=positive(float), default=60, metavar="S",
                     help="who takes S seconds in the warm-up is not repeated (default: 60)")
    run.add_argument("--timeout", type=positive(float), default=900, metavar="S", help="kill after S s (default: 900)")
    run.add_argument("--lock", type=Path, metavar="FILE",
                     help="hold this lock (flock) during each round, for whoever else uses the machine")
    run.add_argument("--record", type=Path, metavar="FILE", help="write the report to a new file, too")


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def positive(kind):
    """A number above zero, for argparse."""
    def number(text: str):
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"expected a number above 0, found {text}")
        return value
    number.__name__ = kind.__name__
    return number


def do_setup(layout: Layout, _options: argparse.Namespace) -> int:
    setup.install(layout)
    return 0


def do_data(layout: Layout, options: argparse.Namespace) -> int:
    with layout.exclusive():
        dataset.make(layout, chosen("codec", options.codec, CODECS), options.force)
    return 0


def do_list(layout: Layout, options: argparse.Namespace) -> int:
    for question in QUESTIONS.values():
        print(f"{question.name:20} {question.title}")
    for contestant in all_contestants(layout, options.swath):
        print(f"{contestant.name:20} {contestant.kind:6} {contestant.missing() or 'ready'}")
    return 0


def do_run(layout: Layout, options: argparse.Namespace) -> int:
    rules = rules_of(options)
    contestants, left_out = present(chosen_contestants(all_contestants(layout, options.swath), options.peers))
    questions = chosen("query", options.queries, QUESTIONS)
    comparison = Comparison(rules, options.scale, left_out, {q: Agreement() for q in questions}, [])
    cases = find_cases(layout, questions, options, len(rules.cpus) if rules.cpus else available_cores())
    return measure_all(layout, comparison, cases, contestants, options, render)


def do_tpch(layout: Layout, options: argparse.Namespace) -> int:
    rules = rules_of(options)
    everybody = tpch_contestants.all_contestants(layout, options.swath)
    contestants, left_out = present(chosen_contestants(everybody, options.peers))
    tasks = query.tasks(chosen("query", options.queries and [*map(query.query_name, options.queries)], query.ORDER))
    codecs = chosen("codec", options.codec, CODECS)
    comparison = Comparison(rules, options.scale, left_out, {task.name: agreement(task) for task in tasks}, [])

    def cases_at(scale: float, codec: str) -> list[Case]:
        data = Layout(layout.work, scale)
        dataset.make_one(data, dataset.TPCH, codec, force=False)
        return [Case(task, codec, data.data_dir(dataset.TPCH.name, codec), machine.available_cores())
                for task in tasks]

    with layout.exclusive(), layout.scratch_dir() as scratch:
        check.check(cases_at(check.SCALE, "plain"), contestants, rules, scratch)
        cases = [case for codec in codecs for case in cases_at(layout.scale, codec)]
    return measure_all(layout, comparison, cases, contestants, options, tpch_report.render)


def rules_of(options: argparse.Namespace) -> Rules:
    """How to measure; and no record may be overwritten."""
    if options.record and options.record.exists():
        raise UsageError(f"{options.record} exists already", "records are kept: give another name, or remove it first")
    return Rules(options.reps, options.long, options.timeout, first_cpus(options.cores), options.lock)


def measure_all(layout: Layout, comparison: Comparison, cases: list[Case], contestants: list[Contestant],
                options: argparse.Namespace, show) -> int:
    """Measures, prints what `show` makes of it, and writes the record; the exit status."""
    with layout.exclusive(), layout.scratch_dir() as scratch:
        try:
            for case in cases:
                comparison.cells += measure_case(case, contestants, comparison.rules, scratch,
                                                 comparison.agreements[case.question.name])
        except KeyboardInterrupt:
            if comparison.cells:  # what is complete is shown
                print(show(comparison))
            raise
    report = show(comparison)
    print(report)
    if options.record:
        options.record.parent.mkdir(parents=True, exist_ok=True)
        options.record.write_text(f"# {options.record.stem}\n\n{report}")
    return 1 if comparison.failures else 0


def do_fused(layout: Layout, options: argparse.Namespace) -> int:
    if options.record and options.record.exists():
        raise UsageError(f"{options.record} exists already", "records are kept: give another name, or remove it first")
    scripts = chosen("script", options.scripts, SCRIPTS)
    peers = chosen("peer", options.peers, ("duckdb", "polars"))
    codecs = chosen("codec", options.codec or ["gz"], CODECS)
    tables = []
    with layout.exclusive(), layout.scratch_dir() as scratch:
        ways = fused.Fused(layout, options.swath, scratch, options.reps, options.timeout)
        for codec in codecs:
            for script in scripts:
                tables.append(fused.render(script, codec, ways.compare(script, codec, peers)))
                print(tables[-1], flush=True)
    if options.record:
        head = f"# {options.record.stem}\n\n{machine.describe()}; scale {layout.scale:g}; medians of {options.reps} rounds.\n\n"
        options.record.write_text(head + "\n".join(tables))
    return 0


def first_cpus(count: int | None) -> list[int] | None:
    """The cores to keep to, or None for no restriction."""
    if count is None:
        return None
    cpus = sorted(os.sched_getaffinity(0))
    if count > len(cpus):
        raise UsageError(f"--cores {count}: this machine has {len(cpus)}")
    return cpus[:count]


def find_cases(layout: Layout, questions: list[str], options: argparse.Namespace, cores: int) -> list[Case]:
    """Every question over every codec that was asked for and whose data is there."""
    codecs = chosen("codec", options.codec, CODECS)
    cases = [Case(QUESTIONS[q], codec, layout.data_dir(QUESTIONS[q].dataset, codec), cores)
             for q in questions for codec in codecs if codec in dataset.DATASETS[QUESTIONS[q].dataset].codecs]
    found = [case for case in cases if case.folder.is_dir()]
    for folder in sorted({str(case.folder) for case in cases if case not in found}):
        print(f"no data in {folder}", file=sys.stderr)
    if not found:
        raise CompareError("no data to ask", f"run `benches/compare data --scale {layout.scale:g}`")
    return found


def chosen_contestants(everybody: list[Contestant], given: list[str] | None) -> list[Contestant]:
    """Those named by -p: by name, by engine, or by kind."""
    keys = {c.name: {c.name, c.engine, c.kind, c.kind + "s"} for c in everybody}
    wanted = set(chosen("contestant", given, set().union(*keys.values())) if given else ())
    return [c for c in everybody if not wanted or keys[c.name] & wanted]


def present(contestants: list[Contestant]) -> tuple[list[Contestant], dict[str, str]]:
    """Those who are installed, and why the others are not; Swath must be."""
    reasons = {c.name: c.missing() for c in contestants}
    left_out = {name: why for name, why in reasons.items() if why}
    if "swath" in left_out:
        raise CompareError(f"swath: {left_out['swath']}", "or name others with -p")
    for name, why in left_out.items():
        print(f"left out: {name}: {why}", file=sys.stderr)
    return [c for c in contestants if c.name not in left_out], left_out


def chosen(what: str, given: list[str] | None, known) -> list[str]:
    """What was given, checked against what is known; everything known if nothing was given."""
    if given is None:
        return list(known)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise UsageError(f"unknown {what} {name!r}",
                             f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}")
    return given
