"""What `banjie export` writes of a sample city, read by Python's JSON, CSV and SQLite."""

import csv
import datetime
import hashlib
import json
import os
import pathlib
import sqlite3
import stat
import subprocess
import unittest

from server_process import PATIENCE, CityTest

EPOCH = datetime.date(1970, 1, 1)
SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
NAME, PHONE, QUESTION = "欧阳\"若,曦", "13800005678", "=1+1\r\n第二行"


class Export(CityTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store, cls.keys = cls.server.data / "banjie.sqlite", pathlib.Path(str(cls.server.data) + ".keys")
        clerk = {"BANJIE_LOGIN": "clerk", "BANJIE_SECRET_FILE": str(cls.folder / "clerk.secret")}
        item = json.loads(cls.banjie("directory", "item", "list", "--json", **cls.operator))["items"][0]
        cls.banjie("admin", "person", "put", "clerk", "--name", "王芳", "--department", item["department"],
                   "--roles", "STAFF", "--roles", "APPLICANT", **cls.operator)
        cls.banjie("admin", "credential", "issue", "clerk", "--out", cls.folder / "clerk.secret", **cls.operator)
        cls.case = json.loads(cls.banjie(
            "case", "submit", item["code"], "--applicant", "clerk", "--name", NAME, "--phone", PHONE, "--json",
            **clerk))["case"]
        cls.banjie("consult", "ask", QUESTION, "--department", item["department"], **clerk)
        cls.open = cls.export("open", "--keys", cls.keys)
        cls.closed = cls.export("closed")
        cls.csv = cls.export("csv", "--keys", cls.keys, "--format", "csv")

    @classmethod
    def export(cls, name, *options):
        cls.banjie("export", cls.folder / name, "--store", cls.store, *options)
        return cls.folder / name

    @staticmethod
    def rows(folder, table):
        return [json.loads(line) for line in (folder / f"{table}.jsonl").read_bytes().splitlines()]

    def test_the_manifest_says_what_the_files_are(self):
        for folder in (self.open, self.closed, self.csv):
            manifest = json.loads((folder / "manifest.json").read_bytes())
            self.assertEqual({file["name"] for file in manifest["files"]} | {"manifest.json"},
                             {path.name for path in folder.iterdir()})
            for file in manifest["files"]:
                content = (folder / file["name"]).read_bytes()
                self.assertEqual(len(content), file["bytes"])
                self.assertEqual(hashlib.sha256(content).hexdigest(), file["sha256"])
            self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o700)
            self.assertEqual({stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}, {0o600})

    def test_every_row_of_every_table_is_there(self):
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as store:
            names = [name for name, in store.execute("SELECT name FROM store_schema WHERE kind = 'table'")]
            self.assertGreater(len(names), 40)
            for name in names:
                if name == "credential":
                    self.assertFalse((self.open / "credential.jsonl").exists())
                    continue
                with self.subTest(table=name):
                    count, = store.execute(f'SELECT count(*) FROM "{name}"').fetchone()
                    self.assertEqual(len(self.rows(self.open, name)), count)
            (entries, head), = store.execute(
                "SELECT audit_sequence, lower(hex(audit_hash)) FROM store_journal ORDER BY commit_number DESC LIMIT 1")
            audit = self.rows(self.open, "audit")
            self.assertEqual([row["sequence"] for row in audit], list(range(1, entries + 1)))
            self.assertEqual(audit[-1]["hash"], head)
            self.assertEqual(json.loads((self.open / "manifest.json").read_bytes())["audit"], f"{entries}:{head}")

    def test_values_are_what_the_store_has(self):
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True) as store:
            store.row_factory = sqlite3.Row
            kept = store.execute("SELECT * FROM case_file").fetchone()
            told, = self.rows(self.open, "case_file")
            self.assertEqual(told["serial"], self.case)
            self.assertEqual(told["state"], "RECEIVED")
            self.assertEqual(told["channel"], "WINDOW")
            self.assertEqual(told["statutory_days"], kept["statutory_days"])
            self.assertIs(told["instant"], bool(kept["instant"]))
            self.assertEqual(told["receipt"], str(EPOCH + datetime.timedelta(days=kept["receipt"])))
            moment = datetime.datetime.fromtimestamp(kept["submitted"], SHANGHAI)
            self.assertEqual(told["submitted"], moment.strftime("%Y-%m-%dT%H:%M:%S"))
            clocks = {row["id"]: row for row in self.rows(self.open, "deadline")}
            for clock in told["clocks"]:
                self.assertEqual(clocks[clock]["owner"], self.case)
                self.assertEqual(clocks[clock]["state"], "RUNNING")
            people = {row["login"]: row for row in self.rows(self.open, "person")}
            self.assertEqual(people["clerk"]["roles"], ["APPLICANT", "STAFF"])
            guide = self.rows(self.open, "guide")[0]
            self.assertIsInstance(guide["materials"][0]["electronic"], bool)

    def test_personal_data_are_told_with_keys_alone(self):
        applicant, = self.rows(self.open, "case_applicant")
        self.assertEqual((applicant["name"], applicant["phone"]), (NAME, PHONE))
        self.assertEqual([row["question"] for row in self.rows(self.open, "consultation")], [QUESTION])
        self.assertNotIn("name", self.rows(self.closed, "case_applicant")[0])
        self.assertIn("name", self.rows(self.closed, "department")[0])
        for path in self.closed.iterdir():
            text = path.read_text()
            for personal in ("欧阳", PHONE, "第二行", "王芳"):
                self.assertNotIn(personal, text, path.name)

    def test_both_formats_say_the_same(self):
        for path in self.csv.glob("*.csv"):
            with self.subTest(table=path.stem), open(path, encoding="utf-8-sig", newline="") as file:
                expected = [
                    {name: "" if value is None else value if isinstance(value, str)
                     else json.dumps(value, ensure_ascii=False, separators=(",", ":")) for name, value in row.items()}
                    for row in self.rows(self.open, path.stem)]
                self.assertEqual(list(csv.DictReader(file)), expected)

    def test_what_is_there_is_left_alone(self):
        before = sorted((path.name, path.stat().st_mtime_ns) for path in self.open.iterdir())
        done = self.run_banjie("export", self.open, "--store", self.store)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("File exists", done.stderr)
        self.assertEqual(sorted((path.name, path.stat().st_mtime_ns) for path in self.open.iterdir()), before)

    def test_other_keys_are_refused_before_anything_is_written(self):
        wrong = self.folder / "wrong.keys"
        if not wrong.exists():
            subprocess.run([os.environ["BANJIED"], "keys", "create", wrong], check=True, timeout=PATIENCE)
        done = self.run_banjie("export", self.folder / "none", "--store", self.store, "--keys", wrong)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("keys", done.stderr)
        self.assertFalse((self.folder / "none").exists())


if __name__ == "__main__":
    unittest.main()
