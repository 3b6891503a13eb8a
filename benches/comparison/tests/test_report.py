import tempfile
import unittest
from pathlib import Path

from comparison.answer import Agreement, from_lines
from comparison.case import Case
from comparison.contestants import all_contestants
from comparison.layout import Layout
from comparison.process import Run
from comparison.question import QUESTIONS
from comparison.report import Comparison, table
from comparison.rounds import Cell, Rules


def run_of(wall_s: float, other_cpu_s: float = 0) -> Run:
    return Run(wall_s, 2 * wall_s, 5_000_000, other_cpu_s, 0, False, Path(), Path())


class Table(unittest.TestCase):
    def setUp(self):
        self.contestants = {c.name: c for c in all_contestants(Layout(Path("/nowhere"), 1), Path("swath"))}
        self.case = Case(QUESTIONS["Q1"], "gz", Path("/nowhere"), 2)
        self.comparison = Comparison(Rules(3, 60, 900, None), 1, {}, {"Q1": Agreement()}, [])

    def add(self, name: str, walls_s: list[float], answer: str | None, **more):
        cell = Cell(self.case, self.contestants[name], [run_of(w) for w in walls_s], **more)
        if answer is not None:
            cell.opinions.append(self.comparison.agreements["Q1"].add(cell.contestant.engine, from_lines(answer)))
        self.comparison.cells.append(cell)

    def rows(self) -> list[list[str]]:
        return [[cell.strip() for cell in line.strip("|").split("|")][2:] for line in table(self.comparison)[2:]]

    def test_medians_ratios_and_order(self):
        self.add("dask", [8, 9, 8], "x")
        self.add("igzip -dc x N", [0.5, 0.5, 0.5], None)
        self.add("polars", [4, 4, 4], "x")
        self.add("swath", [2, 9, 1], "x")
        self.assertEqual(self.rows(), [
            ["swath", "2.00", "400%", "", "4.00", "5", "1.00", "0.50", "4.00", "ok", ""],
            ["polars", "4.00", "0%", "", "8.00", "5", "2.00", "1.00", "8.00", "ok", ""],
            ["dask", "8.00", "12%", "", "16.00", "5", "4.00", "2.00", "16.00", "ok", ""],
            ["igzip -dc x N", "0.50", "0%", "", "1.00", "5", "0.25", "0.12", "1.00", "", ""],
        ])
        self.assertEqual(self.comparison.failures, [])

    def test_a_wrong_answer_beats_nobody(self):
        self.add("swath", [2, 2, 2], "x")
        self.add("polars", [1, 1, 1], "y")
        self.add("dask", [4, 4, 4], "x")
        ratios = {row[0]: row[6:8] for row in self.rows()}
        self.assertEqual(ratios, {"swath": ["1.00", "0.50"], "polars": ["", ""], "dask": ["2.00", "1.00"]})
        self.assertEqual(self.comparison.failures, ["polars, Q1 over gz: DIFFERENT ANSWER"])

    def test_those_without_an_answer_say_why(self):
        self.add("polars", [], None, cannot="does not read gz")
        self.add("swath", [], None, failed="exit status 1: error: no")
        self.assertEqual([(row[1], row[-1]) for row in self.rows()],
                         [("failed", "exit status 1: error: no"), ("cannot", "does not read gz")])
        self.assertEqual(len(self.comparison.failures), 1)

    def test_a_literal_bar_does_not_end_a_cell(self):
        self.add("igzip | wc", [1], "x")
        self.assertIn("igzip \\| wc", table(self.comparison)[2])


class Contestants(unittest.TestCase):
    def test_names_are_unique(self):
        names = [c.name for c in all_contestants(Layout(Path("/nowhere"), 1), Path("swath"))]
        self.assertEqual(len(names), len(set(names)))

    def test_swath_is_asked_with_quotes_doubled(self):
        with tempfile.TemporaryDirectory(prefix="it's ") as folder:
            swath = all_contestants(Layout(Path("/nowhere"), 1), Path("swath"))[0]
            sql = swath.command(Case(QUESTIONS["Q4"], "gz", Path(folder), 2)).argv[-1]
        self.assertRegex(sql, r"^SELECT count\(\*\) FROM read_text\('.*/it''s .*/part-\*'\)$")


if __name__ == "__main__":
    unittest.main()
