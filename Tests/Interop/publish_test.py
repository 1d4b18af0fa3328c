"""The public pages of a sample city: what html5lib makes of them, and how Chromium prints them."""

import json
import pathlib
import re
import subprocess
import unittest

import html5lib

from server_process import PATIENCE, CityTest

XHTML = "{http://www.w3.org/1999/xhtml}"
MILLIMETRE = 72 / 25.4  # in points


class Publish(CityTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hostile = '<script>alert("&")</script>'
        cls.banjie("directory", "department", "put", "X/../y", "--name", cls.hostile, **cls.operator)
        cls.site = cls.folder / "site"
        cls.first = cls.publish()
        cls.pages = {path: cls.parse(path) for path in cls.site.rglob("*.html")}

    @classmethod
    def publish(cls):
        """Nobody is signed in."""
        return json.loads(cls.banjie("publish", cls.site, "--json"))

    @staticmethod
    def parse(path):
        """The document; html5lib refuses whatever HTML5 does."""
        return html5lib.HTMLParser(strict=True).parse(path.read_text(encoding="utf-8"))

    def test_every_page_is_valid_and_needs_no_script(self):
        self.assertGreater(len(self.pages), 20 + 7 + 4)
        for path, page in self.pages.items():
            with self.subTest(path=path.name):
                self.assertEqual(page.get("lang"), "zh-CN")
                names = [element.tag.removeprefix(XHTML) for element in page.iter() if isinstance(element.tag, str)]
                self.assertEqual(names.count("h1"), 1)
                self.assertEqual(names.count("main"), 1)
                self.assertNotIn("script", names)
                for table in page.iter(XHTML + "table"):
                    self.assertIsNotNone(table.find(XHTML + "caption"))
                    self.assertTrue(all(head.get("scope") for head in table.iter(XHTML + "th")))

    def test_every_link_leads_somewhere(self):
        for path, page in self.pages.items():
            targets = [link.get("href") for link in page.iter(XHTML + "a")]
            targets += [link.get("href") for link in page.iter(XHTML + "link")]
            for target in targets:
                with self.subTest(path=path.name, target=target):
                    if target.startswith("#"):
                        self.assertTrue(any(each.get("id") == target[1:] for each in page.iter()))
                    else:
                        place = (path.parent / target).resolve()
                        self.assertTrue(place.is_relative_to(self.site.resolve()) and place.is_file())

    def test_a_name_is_text_and_a_code_no_path(self):
        page = self.pages[self.site / "departments" / "X~2f~2e~2e~2fy.html"]
        self.assertEqual(page.find(f".//{XHTML}h1").text, self.hostile)

    def test_the_guide_is_on_its_page(self):
        item = json.loads(self.banjie("directory", "item", "list", "--limit", "1", "--json"))["items"][0]
        guide = json.loads(self.banjie("guide", "show", item["code"], "--json"))["guide"]
        text = "".join(self.pages[self.site / "items" / (item["code"] + ".html")].itertext())
        for part in (item["name"], item["code"], guide["result"], guide["basis"][0],
                     *(material["name"] for material in guide["materials"]), *guide["remedies"]):
            self.assertIn(part, text)

    def test_what_is_the_same_stays_and_what_is_ours_alone_goes(self):
        index = self.site / "index.html"
        before = index.stat().st_ino
        self.assertEqual(self.publish(), {"written": 0, "unchanged": self.first["written"], "removed": 0})
        self.assertEqual(index.stat().st_ino, before)
        mine = self.site / "mine.html"
        mine.write_text("not of Banjie")
        with open(self.site / ".banjie-publish", "a", encoding="utf-8") as known:
            known.write("departments/gone.html\n../outside.html\n")
        (self.site / "departments" / "gone.html").write_text("")
        outside = self.folder / "outside.html"
        outside.write_text("")
        self.assertEqual(self.publish()["removed"], 1)
        self.assertTrue(mine.exists() and outside.exists())
        mine.unlink()
        with self.assertRaises(subprocess.CalledProcessError) as refused:
            self.banjie("publish", self.folder)
        self.assertIn("not empty", refused.exception.stderr)

    def test_plates_and_badges_print_on_pages_of_their_size(self):
        code = "SJG"
        plates = json.loads(self.banjie("duty", "plates", code, "--json"))["plates"]
        people = {plate[role]["name"] for plate in plates for role in ("holder", "cover") if role in plate}
        for kind, width, height, count in (("plates", 200, 100, len(plates)), ("badges", 54, 86, None)):
            sheet = self.folder / (kind + ".pdf")
            self.chromium("--no-pdf-header-footer", f"--print-to-pdf={sheet}", self.site / kind / (code + ".html"))
            facts = subprocess.run(["pdfinfo", sheet], check=True, capture_output=True, text=True).stdout
            size = re.search(r"Page size: +([\d.]+) x ([\d.]+) pts", facts)
            self.assertAlmostEqual(float(size[1]), width * MILLIMETRE, delta=1)
            self.assertAlmostEqual(float(size[2]), height * MILLIMETRE, delta=1)
            pages = subprocess.run(["pdftotext", "-raw", sheet, "-"], check=True, capture_output=True,
                                   text=True).stdout.split("\f")[:-1]
            self.assertEqual(len(pages), count or len(pages))
            for name in people:
                self.assertTrue(any(name in page for page in pages), name)
            if kind == "badges":
                self.assertGreaterEqual(len(pages), len(people))

    def chromium(self, *arguments):
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu",
                        f"--user-data-dir={self.folder / 'chromium'}", *arguments],
                       check=True, capture_output=True, timeout=4 * PATIENCE)


if __name__ == "__main__":
    unittest.main()
