"""The example for readers of the API document does what its text says, as they would run it."""

import re
import shlex
import subprocess
import sys
import unittest

from run import ROOT, stepwise

EXAMPLE = ROOT / "docs/examples/first_customer.py"
# What a customer's question leads to, in this order: rule, tag, stage, SOP, plan.
TIMELINE = ["发来消息", "规则「问报价」命中“报价”", "进入商机阶段：报价", "加上标签「商机阶段", "进入 SOP「报价跟进」", "计划节点「这是您的报价单」"]


class Example(unittest.TestCase):
    maxDiff = None

    def test_it_runs_as_its_text_says_and_prints_the_timeline(self):
        text = EXAMPLE.read_text()
        setting, command = re.search(r"^    (\w+=\w+) stepwise serve --demo &\n    python (.*)$", text, re.M).groups()
        script, address, *arguments = shlex.split(command)
        self.assertEqual(script, EXAMPLE.name)
        with stepwise(["--demo"], dict([setting.split("=")]), "example") as here:
            command = [sys.executable, EXAMPLE, here, *arguments]
            for _ in range(2):
                ended = subprocess.run(command, env={"NO_PROXY": "*"}, capture_output=True, text=True, timeout=60)
                self.assertEqual((ended.returncode, ended.stderr), (0, ""))
                self.check(ended.stdout.splitlines())

    def check(self, lines):
        print(*lines, sep="\n", file=sys.stderr)
        self.assertRegex(lines[0], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")
        rest = iter(lines)
        for words in TIMELINE:
            self.assertTrue(any(words in line for line in rest), f"{words}: {lines}")

    def test_it_is_short(self):
        lines = EXAMPLE.read_text().splitlines()
        self.assertLessEqual(len(lines), 64)
        imported = {line.split()[1] for line in lines if line.startswith("import ")}
        self.assertEqual(imported - set(sys.stdlib_module_names), {"requests"})
