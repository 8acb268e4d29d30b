"""The OpenAPI document says what the product does: its schemas take what the product takes, and nothing that
schemathesis thinks of is answered in a way that the document does not know."""

import copy
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

import jsonschema_rs

from run import SETTINGS, STANDING_CLOCK, stepwise

OPENAPI = pathlib.Path(__file__).resolve().parents[1] / "openapi"
# The whole has to stay pleasant: `make test` runs it.
SECONDS = 90
# Cases an operation and phase, and the seed that makes them the same ones every time.
EXAMPLES, SEED = 12, 20260302

RULE = {"name": "问价格", "when": {"message_contains": {"any": ["多少钱"]}}, "then": [{"add_tag": "购车阶段/到店"}]}
RULES_TAKEN = [
    {}, {"enabled": False, "priority": -3, "moves": "any", "cooldown_hours": 4294967295},
    {"if": {"all": [{"stage": "cars/lead"}, {"not": {"any": [{"channel": "expo"}, {"add_way": 1}]}}, {"owner": "ZhangWei"}]}},
    {"if": {"all": []}}, {"if": None}, {"when": {"tag_added": "购车阶段/到店"}}, {"name": "长" * 60},
    {"when": {"message_contains": {"all": ["红", "车"], "exact": ["在吗"]}}}, {"then": [{"remove_tag": "购车阶段/到店"}]},
]
RULES_REFUSED = [
    {"name": ""}, {"name": "  "}, {"name": "长" * 61}, {"name": None}, {"then": []}, {"then": [{}]}, {"then": [{"move": "x"}]},
    {"then": [{"add_tag": "购车阶段/到店", "remove_tag": "购车阶段/到店"}]}, {"then": {"add_tag": "购车阶段/到店"}},
    {"when": {"message_contains": {}}}, {"when": {"message_contains": {"any": []}}}, {"when": {"message_contains": {"any": [" "]}}},
    {"when": {"message_contains": {"any": ["x"], "some": ["y"]}}}, {"when": {}}, {"when": "tag_added"},
    {"if": {"tag": "购车阶段/到店", "stage": "cars/lead"}}, {"if": {"stage": "lead"}}, {"if": {"add_way": 65536}}, {"if": {"add_way": "1"}},
    {"moves": "back"}, {"cooldown_hours": -1}, {"cooldown_hours": 4294967296}, {"priority": "1"}, {"enabled": None}, {"unknown": 1},
]
STEP = {"id": "offer", "at": {"after_minutes": 5}, "method": "task", "content": {"text": "报价单"}}
SOP = {"id": "x", "name": "考虑价格", "anchor": {"kind": "stage_entry", "stage": "cars/online"}, "steps": [STEP]}
SOPS_TAKEN = [
    {}, {"anchor": {"kind": "friend_add"}, "steps": [STEP | {"at": {"after_minutes": 0}, "method": "welcome"}]},
    {"audience": {"not": {"tag": "购车阶段/到店"}}, "priority": 100, "late_start": "skip", "name": "长" * 60},
    {"exit": {"left_audience": True, "left_stage": None, "on_reply": True, "when": {"stage": "cars/order"}}, "reentry": None},
    {"reentry": {"policy": "after_exit", "days": 30}}, {"reentry": {"policy": "never"}},
    {"steps": [STEP | {"at": {"day": 1000, "time": "11:00", "until": "18:00", "expires_at": {"days": 1, "time": "12:00"}}}]},
    {"steps": [STEP | {"at": {"day": 0, "time": "15:00", "after_minutes": None}, "title": None, "when": None, "method": "todo"}]},
]
SOPS_REFUSED = [
    {"name": ""}, {"name": "长" * 61}, {"steps": []}, {"steps": [STEP | {"id": "Offer"}]}, {"steps": [STEP | {"id": ""}]}, {"steps": None},
    {"anchor": {"kind": "friend_add", "stage": "cars/online"}}, {"anchor": {"kind": "stage_entry"}}, {"anchor": {"kind": "birthday"}},
    {"priority": 101}, {"priority": -1}, {"priority": None}, {"late_start": "now"}, {"unknown": 1}, {"audience": None},
    {"reentry": {"policy": "sometimes"}}, {"reentry": {}}, {"reentry": {"policy": "never", "days": -1}},
    {"exit": {"when": {"tags": "x"}}}, {"exit": {"on_reply": "yes"}}, {"exit": {"left": True}},
    *({"steps": [STEP | {"at": at}]} for at in (
        {}, {"day": 1}, {"time": "11:00"}, {"after_minutes": 5, "day": 1, "time": "11:00"}, {"after_minutes": -1},
        {"after_minutes": 1440001}, {"day": 1001, "time": "11:00"}, {"day": 1, "time": "9:00"}, {"day": 1, "time": "24:00"},
        {"after_minutes": 5, "until": "18:00"}, {"day": 1, "time": "11:00", "expires_at": {"days": 1001, "time": "12:00"}},
        {"day": 1, "time": "11:00", "expires_at": {}}, {"hours": 1})),
    *({"steps": [STEP | step]} for step in (
        {"method": "mass_send"}, {"content": {}}, {"content": {"text": " "}}, {"content": {"text": "x", "ref": "y"}}, {"when": {}}, {"note": "x"})),
]
BOARD = {"name": "商机", "tag_group": "商机", "stages": [{"id": "a", "name": "一"}, {"id": "b", "name": "二", "kind": "won"}]}
BOARDS_REFUSED = [
    {"name": ""}, {"name": " "}, {"name": "a/b"}, {"name": "长" * 31}, {"tag_group": "a/b"}, {"stages": BOARD["stages"][:1]}, {"stages": None},
    {"stages": [*BOARD["stages"], {"id": "C", "name": "三"}]}, {"stages": [*BOARD["stages"], {"id": "c", "name": "三", "kind": "dead"}]},
    {"stages": [*BOARD["stages"], {"id": "c", "name": ""}]}, {"stages": [{"id": f"s{n}", "name": f"{n}"} for n in range(31)]}, {"unknown": 1},
]
SETTINGS_REFUSED = [
    {"until": "24:00"}, {"until": "8:00"}, {"quiet": {"from": "21:30"}}, {"quiet": {"from": "21:30", "to": "08:30", "on": True}}, {"owner": "last"},
    {"min_hours_after_anchor": 73}, {"min_hours_after_anchor": -1}, {"min_hours_after_anchor": 1.5}, {"timezone": None}, {"unknown": 1},
]


class Document(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        token = {"STEPWISE_ADMIN_TOKEN": SETTINGS["STEPWISE_ADMIN_TOKEN"]}
        cls.address = cls.enterClassContext(stepwise([*STANDING_CLOCK, "--demo"], token, "document"))
        cls.numbers = itertools.count()
        _, cls.document = cls.ask("GET", "/openapi.json")

    @classmethod
    def ask(cls, method, path, body=None, **headers):
        """Status and answer. Without `requests`: the other tests keep its calls on the simulator."""
        headers |= {"Authorization": f"Bearer {SETTINGS['STEPWISE_ADMIN_TOKEN']}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{cls.address}/api/v1{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)

    def fits(self, name, value):
        schema = {"$ref": f"#/components/schemas/{name}", "components": copy.deepcopy(self.document["components"])}
        return jsonschema_rs.is_valid(schema, value)

    def agree(self, name, base, changes, expected, taken):
        """Schema and product both take `base` with each of the changes, or both refuse it."""
        for change in changes:
            with self.subTest(name=name, change=change):
                value = base | change
                self.assertEqual(self.fits(name, value), expected, "the schema")
                self.assertEqual(taken(value), expected, "the product")

    def test_a_rule_fits_the_schema_if_the_product_takes_it(self):
        def taken(rule):
            status, answer = self.ask("PUT", f"/rules/r{next(self.numbers)}", rule)
            self.assertIn(status, (201, 422), answer)
            return status == 201

        self.agree("Rule", RULE, RULES_TAKEN, True, taken)
        self.agree("Rule", RULE, RULES_REFUSED, False, taken)

    def test_an_sop_fits_the_schema_if_nothing_stands_in_its_way(self):
        def taken(sop):
            status, answer = self.ask("PUT", f"/sops/{sop['id']}", sop)
            self.assertEqual(status, 201, answer)
            return answer["problems"] == []

        for changes, expected in ((SOPS_TAKEN, True), (SOPS_REFUSED, False)):
            numbered = [change | {"id": f"s{next(self.numbers)}"} for change in changes]
            self.agree("SopDocument", SOP, numbered, expected, taken)

    def test_the_schema_of_sops_alone_says_the_same(self):
        _, alone = self.ask("GET", "/schema/sop.json")
        self.assertTrue(all(jsonschema_rs.is_valid(alone, SOP | change) for change in SOPS_TAKEN))
        self.assertFalse(any(jsonschema_rs.is_valid(alone, SOP | change) for change in SOPS_REFUSED))

    def test_a_board_fits_the_schema_if_the_product_takes_it(self):
        def taken(board):
            status, answer = self.ask("PUT", f"/boards/b{next(self.numbers)}", board)
            self.assertIn(status, (201, 422), answer)
            return status == 201

        self.agree("BoardPlan", BOARD, BOARDS_REFUSED, False, taken)
        self.agree("BoardPlan", BOARD, [{}], True, taken)

    def test_settings_fit_the_schema_if_the_product_takes_them(self):
        def taken(settings):
            status, answer = self.ask("PUT", "/settings", settings, **{"If-Match": "*"})
            self.assertIn(status, (200, 422), answer)
            return status == 200

        _, settings = self.ask("GET", "/settings")
        self.agree("Settings", settings, [{}, {"min_hours_after_anchor": 72}, settings], True, taken)
        self.agree("Settings", settings, SETTINGS_REFUSED, False, taken)

    def test_every_example_fits_its_schema(self):
        def content(value):
            if isinstance(value, dict):
                if "schema" in value and "example" in value:
                    yield value
                for part in value.values():
                    yield from content(part)
            elif isinstance(value, list):
                for part in value:
                    yield from content(part)

        seen = 0
        for found in content({key: self.document[key] for key in ("paths", "components")}):
            seen += 1
            schema = found["schema"] | {"components": self.document["components"]}
            error = next(iter(jsonschema_rs.validator_for(schema).iter_errors(found["example"])), None)
            self.assertIsNone(error, f"{error}: {json.dumps(found['example'], ensure_ascii=False)}")
        self.assertGreater(seen, 80)

    def test_whatever_schemathesis_thinks_of_is_answered_as_the_document_says(self):
        command = [pathlib.Path(sys.executable).with_name("st"), "--config-file", OPENAPI / "schemathesis.toml", "run",
                   f"{self.address}/api/v1/openapi.json", "--header", f"Authorization: Bearer {SETTINGS['STEPWISE_ADMIN_TOKEN']}",
                   "--phases", "examples,coverage,fuzzing", "--seed", str(SEED),
                   "--max-examples", str(EXAMPLES), "--workers", "1", "--warnings", "off", "--no-color"]
        environment = {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(OPENAPI), "NO_PROXY": "*", "PATH": os.environ["PATH"]}
        ended = subprocess.run(command, env=environment, cwd=OPENAPI, capture_output=True, text=True, timeout=SECONDS)
        figures = re.findall(r"^  (\d+ generated.*|Tested: \d+)$", ended.stdout, re.MULTILINE)
        print("schemathesis:", ", ".join(figures), file=sys.stderr)
        self.assertEqual(ended.returncode, 0, ended.stdout[-20000:] + ended.stderr[-2000:])
        self.assertTrue(any("generated" in figure for figure in figures), ended.stdout)
