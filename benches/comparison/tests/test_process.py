import os
import tempfile
import time
import unittest
from pathlib import Path

from comparison import process
from comparison.process import Command, measure


class Measure(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        process.adopt_orphans()

    def run_shell(self, script: str, timeout_s: float = 20) -> process.Run:
        with tempfile.TemporaryDirectory() as scratch:
            run = measure(Command(["sh", "-c", script], {}), Path(scratch), timeout_s)
            self.stdout = run.stdout.read_text()
        self.assertEqual(process.child_pids(os.getpid()), [], "children are left")
        return run

    def test_output_and_status(self):
        self.assertEqual(self.run_shell("echo hello; exit 3").exit_status, 3)
        self.assertEqual(self.stdout, "hello\n")

    def test_cpu_of_grandchildren_counts(self):
        run = self.run_shell("(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done) | cat")
        self.assertGreater(run.cpu_s, 0.05)

    def test_memory_of_a_grandchild_counts(self):
        run = self.run_shell("python3 -c 'import time; x = bytearray(200 << 20); time.sleep(0.3)' | cat")
        self.assertGreater(run.peak_bytes, 200 << 20)
        self.assertLess(run.peak_bytes, 300 << 20)

    def test_own_memory_does_not_count(self):
        ballast = bytearray(300 << 20)
        run = self.run_shell("sleep 0.2")
        self.assertLess(run.peak_bytes, 100 << 20)
        del ballast

    def test_timeout_kills_the_whole_tree(self):
        start = time.perf_counter()
        run = self.run_shell("sleep 60 & (setsid sleep 60 &) ; sleep 60", timeout_s=0.3)
        self.assertTrue(run.timed_out)
        self.assertLess(time.perf_counter() - start, 5)

    def test_daemons_are_not_left(self):
        self.run_shell("(setsid sleep 60 &)")


if __name__ == "__main__":
    unittest.main()
