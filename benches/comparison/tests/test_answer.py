import unittest

from comparison.answer import Agreement, agree, from_csv, from_lines


class FromCsv(unittest.TestCase):
    def test_sorts_rows_and_reads_numbers_and_nulls(self):
        text = 'Dest,avg,n\nSEA,2.5,3\n"BOS",,1\n'
        self.assertEqual(from_csv(text, 1), [(("BOS",), (None, 1)), (("SEA",), (2.5, 3))])

    def test_refuses_what_is_no_table_of_numbers(self):
        for text in ("", "a,b\n1\n", "max\nNA\n"):
            with self.subTest(text), self.assertRaises(ValueError):
                from_csv(text, 0)

    def test_a_line_with_quotes_is_the_same_as_csv_and_as_text(self):
        self.assertEqual(from_csv('line\n"a ""b"", c"\n', 1), from_lines('a "b", c\n'))


class Agree(unittest.TestCase):
    def test_floats_to_a_billionth(self):
        for a, b, same in (("1", "1.0", True), ("1", "1.0000000001", True), ("1", "1.00000001", False),
                           ("", "", True), ("", "0", False), ("9007199254740993", "9007199254740992", False)):
            with self.subTest(a=a, b=b):
                self.assertEqual(agree(from_csv(f"v,w\n{a},1\n", 0), from_csv(f"v,w\n{b},1\n", 0)), same)

    def test_a_missing_row_differs(self):
        self.assertFalse(agree(from_lines("a\nb\n"), from_lines("a\n")))


class Verdict(unittest.TestCase):
    """Engines and their answers, in order -> verdicts."""

    def check(self, given: list[tuple[str, str]], expected: list[str]):
        agreement = Agreement()
        opinions = [agreement.add(engine, from_lines(text)) for engine, text in given]
        self.assertEqual([agreement.verdict(o) for o in opinions], expected)

    def test_alone(self):
        self.check([("swath", "a")], ["unchecked"])

    def test_variants_of_one_engine_are_one_voice(self):
        self.check([("duckdb", "a"), ("duckdb", "a")], ["unchecked"] * 2)
        self.check([("duckdb", "a"), ("duckdb", "a"), ("swath", "b")], ["DIFFERENT ANSWER"] * 3)

    def test_majority(self):
        self.check([("swath", "a"), ("dask", "b"), ("polars", "b")], ["DIFFERENT ANSWER", "ok", "ok"])


if __name__ == "__main__":
    unittest.main()
