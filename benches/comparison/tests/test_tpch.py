import unittest
from pathlib import Path

from comparison.answer import Opinion
from comparison.case import Case
from comparison.layout import Layout
from comparison.process import Run
from comparison.report import Comparison
from comparison.rounds import Cell, Rules
from comparison.tpch import answer, query, report, tables
from comparison.tpch.contestants import all_contestants

ALL = list(query.ORDER)


class Queries(unittest.TestCase):
    def test_all_22_are_read_and_know_their_tables(self):
        self.assertEqual(len(ALL), 22)
        self.assertEqual(query.read_query("q06").tables, ["lineitem"])
        self.assertEqual(query.read_query("q08").tables, ["region", "nation", "supplier", "part", "customer", "orders",
                                                          "lineitem"])
        for name in ALL:
            with self.subTest(name):
                self.assertFalse(query.read_query(name).sql.endswith(";"))

    def test_several_queries_are_also_one_task(self):
        self.assertEqual([task.name for task in query.tasks(["q01", "q06"])], ["q01", "q06", "all"])
        self.assertEqual([task.name for task in query.tasks(["q01"])], ["q01"])

    def test_names_as_people_write_them(self):
        self.assertEqual([query.query_name(text) for text in ("7", "07", "Q7", "q07", "seven")],
                         ["q07", "q07", "q07", "q07", "seven"])


class Answers(unittest.TestCase):
    def test_every_kept_answer_is_the_same_as_itself_and_has_the_columns_it_is_ordered_by(self):
        task = query.tasks(ALL)[-1]
        kept = answer.kept(task)
        self.assertTrue(answer.same(task, kept, kept))
        for one, rows in zip(task.queries, kept):
            with self.subTest(one.name):
                self.assertTrue(rows)
                self.assertLess(max(one.order, default=0), len(rows[0]))

    def test_several_answers_are_told_apart_by_their_marks(self):
        task = query.tasks(["q06", "q13"])[-1]
        text = "answer_of\nq06\nrevenue\n12.5\nanswer_of\nq13\nc_count,custdist\n"
        self.assertEqual(answer.read(task, text), [[(12.5,)], []])
        with self.assertRaisesRegex(ValueError, "no answer of q13"):
            answer.read(task, "answer_of\nq06\nrevenue\n12.5\n")

    def test_an_empty_line_is_a_null(self):
        self.assertEqual(answer.read(query.tasks(["q17"])[0], "avg_yearly\n\n"), [[(None,)]])
        with self.assertRaises(ValueError):
            answer.read(query.tasks(["q17"])[0], "")

    def test_order_counts_where_the_query_orders(self):
        q21, q13 = query.read_query("q21"), query.read_query("q13")
        a = [("Supplier#1", 9.0), ("Supplier#2", 9.0), ("Supplier#3", 8.0)]
        self.assertTrue(answer.same_rows(q21, a, a))
        self.assertFalse(answer.same_rows(q21, a, [a[1], a[0], a[2]]))
        self.assertFalse(answer.same_rows(q13, [(1.0, 5.0), (2.0, 4.0)], [(2.0, 4.0), (1.0, 5.0)]))

    def test_rows_of_equal_rank_may_come_in_any_order(self):
        q10 = query.read_query("q10")  # ordered by its third column
        a = [(1.0, "a", 7.0), (2.0, "b", 7.0 + 1e-12), (3.0, "c", 6.0)]
        self.assertTrue(answer.same_rows(q10, a, [a[1], a[0], a[2]]))
        self.assertFalse(answer.same_rows(q10, a, [a[0], a[0], a[2]]))
        self.assertFalse(answer.same_rows(q10, a, a[:2]))

    def test_numbers_to_a_billionth_and_nulls(self):
        for a, b, same in ((1.0, 1 + 1e-10, True), (1.0, 1 + 1e-8, False), (None, None, True), (None, 0.0, False),
                           ("a", "a", True), ("a", "b", False)):
            with self.subTest(a=a, b=b):
                self.assertEqual(answer.same_cell(a, b), same)


class Contestants(unittest.TestCase):
    def setUp(self):
        self.contestants = {c.name: c for c in all_contestants(Layout(Path("/nowhere"), 1), Path("swath"))}

    def test_swath_gets_a_view_for_each_table_it_needs(self):
        case = Case(query.tasks(["q06"])[0], "gz", Path("/it's"), 2)
        sql = self.contestants["swath"].command(case).argv[-1]
        self.assertTrue(sql.startswith("CREATE VIEW lineitem AS SELECT * FROM '/it''s/lineitem[-.]*';\nselect"))
        self.assertEqual(sql.count("CREATE VIEW"), 1)

    def test_loading_first_pays_for_several_queries_only(self):
        one, _, both = (Case(task, "gz", Path("/nowhere"), 2) for task in query.tasks(["q06", "q01"]))
        self.assertEqual([name for name, c in self.contestants.items() if c.takes(one)], ["swath", "duckdb", "polars"])
        self.assertTrue(all(c.takes(both) for c in self.contestants.values()))

    def test_the_glob_of_a_table_finds_its_files_only(self):
        for name, found in (("part.csv", True), ("part-2.csv.gz", True), ("partsupp-1.csv", False)):
            with self.subTest(name):
                self.assertEqual(Path(name).match(tables.pattern("part")), found)


class Report(unittest.TestCase):
    def setUp(self):
        self.contestants = {c.name: c for c in all_contestants(Layout(Path("/nowhere"), 1), Path("swath"))}
        self.tasks = {task.name: task for task in query.tasks(["q06", "q14"])}
        agreements = {name: answer.agreement(task) for name, task in self.tasks.items()}
        self.comparison = Comparison(Rules(3, 60, 900, None), 1, {}, agreements, [])

    def add(self, name: str, task: str, wall_s: float, value: float, query_s: float | None = None):
        run = Run(wall_s, 2 * wall_s, 5_000_000, 0, 0, False, Path(), Path())
        cell = Cell(Case(self.tasks[task], "gz", Path("/nowhere"), 2), self.contestants[name], [run, run])
        if query_s is not None:
            cell.query_times_s.append(query_s)
        answers = [[(value,)]] * len(self.tasks[task].queries)
        opinion: Opinion = self.comparison.agreements[task].add(cell.contestant.engine, answers)
        cell.opinions.append(opinion)
        self.comparison.cells.append(cell)

    def row(self, start: str) -> list[str]:
        lines = report.render(self.comparison).splitlines()
        found = next(line for line in lines if line.startswith(f"| {start} |"))
        return [cell.strip() for cell in found.strip("|").split("|")]

    def test_each_query_the_sum_and_who_is_ahead(self):
        for task, swath_s, duckdb_s, polars_s in (("q06", 1, 2, 4), ("q14", 6, 4, 3)):
            self.add("swath", task, swath_s, 7)
            self.add("duckdb", task, duckdb_s, 7, duckdb_s / 2)
            self.add("polars", task, polars_s, 7, polars_s / 2)
        self.assertEqual(self.row("q06")[:7], ["q06", "1.00", "2.00", "4.00", "0%", "0.50", "1.00"])
        self.assertEqual(self.row("q06")[7:], ["2.00", "4.00", "8.00", "5", "5", "5", "ok"])
        self.assertEqual(self.row("sum of 2")[1:7], ["7.00", "6.00", "7.00", "", "1.40", "2.80"])
        text = report.render(self.comparison)
        self.assertIn("geometric mean 1.00; Swath is the faster one in 1 of 2", text)
        self.assertIn("Behind the best peer: q14 Promotion Effect 2.00 (+3.00 s).", text)

    def test_a_wrong_answer_has_no_figures(self):
        self.add("swath", "q06", 2, 7)
        self.add("duckdb", "q06", 1, 8)
        self.add("polars", "q06", 4, 7)
        self.assertEqual(self.row("q06")[1:6], ["2.00", "", "4.00", "0%", "0.50"])
        self.assertIn("duckdb: DIFFERENT ANSWER", self.row("q06")[-1])
        self.assertEqual(self.row("sum of 0")[1:4], ["", "", ""])

    def test_all_in_one_process_against_the_same_apart(self):
        for task in ("q06", "q14"):
            self.add("swath", task, 2, 7)
            self.add("duckdb", task, 3, 7)
        self.add("swath", "all", 1, 7)
        self.add("duckdb", "all", 6, 7)
        self.add("duckdb-loaded", "all", 3, 7)
        self.assertEqual(self.row("swath | one script"), ["swath", "one script", "1.00", "0%", "0.25", "1.00", "2.00", "5",
                                                          "ok"])
        self.assertEqual(self.row("duckdb-loaded | tables loaded first")[2:6], ["3.00", "0%", "0.50", "3.00"])


if __name__ == "__main__":
    unittest.main()
