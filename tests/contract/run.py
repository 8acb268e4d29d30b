"""Contract tests: other people's SDKs against the simulated WeCom and the product's callback endpoint, and the API's
example as its readers run it.

Starts `stepwise serve` on a free port of this machine, runs the Python tests and the Node tests against it, and stops it.
`run.py WORD` runs the Python tests alone that have WORD in their names.
"""

import contextlib
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STEPWISE = ROOT / "target/debug/stepwise"
LOGS = ROOT / "target/contract"
READY = re.compile(r"Stepwise is ready: .* (http://127\.0\.0\.1:\d+)/sim/")
# Generous: a busy machine starts slowly.
START_SECONDS = 60
STANDING_CLOCK = ("--clock", "manual", "--start-at", "2026-03-02T09:00:00+08:00")

# What the admin console would show. The key's last character carries stray bits, as most real ones do.
SETTINGS = {
    "WECOM_CORP_ID": "ww0123456789abcdef",
    "WECOM_AGENT_ID": "1000007",
    "WECOM_SECRET": "secret-of-the-contract-tests",
    "WECOM_CALLBACK_TOKEN": "TokenOfTheContractTests",
    "WECOM_CALLBACK_AES_KEY": "kPqF3xTz8vYcR1nWb6LsJd0aHgUe5mXo2iQyN4tVZ7B",
    "STEPWISE_ADMIN_TOKEN": "admin-of-the-contract-tests",
}


@contextlib.contextmanager
def stepwise(options=STANDING_CLOCK, settings=SETTINGS, name="stepwise"):
    """The product with its simulated WeCom, for as long as it is needed; gives the address."""
    if not STEPWISE.is_file():
        sys.exit(f"{STEPWISE} is missing: run `cargo build --workspace --bins` first")
    command = [STEPWISE, "serve", "--listen", "127.0.0.1:0", "--data", ":memory:", "--wecom", "sim", *options]
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{name}.log"
    # Nothing of the caller's environment: a proxy or a setting of theirs would change what is tested.
    with path.open("w") as log, subprocess.Popen(command, env=settings, stderr=log) as process:
        try:
            yield address_of(process, path)
        finally:
            process.terminate()


def address_of(process, log):
    """Waits until the process says that it listens, and where."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := READY.search(log.read_text()):
            return found[1]
        time.sleep(0.05)
    sys.exit(f"stepwise did not start:\n{log.read_text()}")


def python_tests(word):
    """Runs them in this process; answers how many ran, how many of them failed or were skipped."""
    loader = unittest.TestLoader()
    if word:
        loader.testNamePatterns = [f"*{word}*"]
    result = unittest.TextTestRunner(verbosity=2).run(loader.discover(str(HERE / "python")))
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    return result.testsRun, failed, len(result.skipped) + len(result.expectedFailures)


def node_tests():
    """Runs them, one file after the other: they share one clock. Answers as `python_tests`."""
    files = sorted(str(file) for file in (HERE / "node").glob("*.test.js"))
    command = ["node", "--test", "--test-concurrency=1", "--test-reporter=spec", *files]
    ended = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    print(ended.stdout, file=sys.stderr)
    count = {name: int(number) for name, number in re.findall(r"^\S+ (\w+) (\d+)$", ended.stdout, re.MULTILINE)}
    ran, passed, skipped = count["tests"], count["pass"], count["skipped"] + count["todo"]
    # A file that breaks down between its tests fails too.
    return ran, max(ran - passed - skipped, int(ended.returncode != 0)), skipped


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else None
    sys.dont_write_bytecode = True
    with stepwise() as address:
        os.environ.update(SETTINGS, CONTRACT_URL=address, NO_PROXY="*")
        suites = {"wechatpy": python_tests(word)}
        if not word:
            suites["@wecom/crypto"] = node_tests()
    for name, (ran, failed, skipped) in suites.items():
        print(f"{name}: {ran - failed - skipped} passed, {failed} failed, {skipped} skipped")
    # A suite in which nothing ran has proved nothing.
    sys.exit(any(failed or not ran for ran, failed, _ in suites.values()))


if __name__ == "__main__":
    main()
