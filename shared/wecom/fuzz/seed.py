"""Fills corpus/ with the recorded callbacks of tests/callbacks and the documented events of ../tests/samples."""

import json
import pathlib

here = pathlib.Path(__file__).resolve().parent
callbacks = here / "../../../tests/callbacks"


def write(target, name, content):
    folder = here / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content, encoding="utf-8")


for line in (callbacks / "valid.jsonl").read_text(encoding="utf-8").splitlines():
    callback = json.loads(line)
    write("callback_body", f"valid-{callback['id']}", callback["body"])
    write("decrypted_xml", f"valid-{callback['id']}", callback["plain"])
for line in (callbacks / "invalid.jsonl").read_text(encoding="utf-8").splitlines():
    callback = json.loads(line)
    if "body" in callback:
        write("callback_body", f"invalid-{callback['id']}", callback["body"])
for number, event in enumerate((here / "../tests/samples/events.txt").read_text(encoding="utf-8").splitlines()):
    write("decrypted_xml", f"event-{number}", event)
