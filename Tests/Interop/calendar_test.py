"""Holds `banjie calendar due -` against chinesecalendar, a calendar that others keep.

Random limits of 2020-2026, in working and natural days, with random pauses, are worked out here by
walking over the days, and by banjie. Every due date and every list of counted days must agree. Also
checks that each kind of bad line is answered with an error, in its place, and fails the process.
"""

import argparse
import datetime
import json
import pathlib
import random
import subprocess
import sys

import chinese_calendar

DAY = datetime.timedelta(days=1)
FIRST = datetime.date(2020, 1, 1)
LAST = datetime.date(2026, 12, 31)

ALL = [FIRST + DAY * offset for offset in range((LAST - FIRST).days + 1)]
WORKING = {day for day in ALL if chinese_calendar.is_workday(day)}

BAD_LINES = [
    "{",
    "[]",
    "{} {}",
    '{"from":"2026-02-29","days":1}',
    '{"from":"2026-03-02"}',
    '{"from":"2026-03-02","days":-1}',
    '{"from":"2026-03-02","days":10001}',
    '{"from":"2026-03-02","days":99999999999999999999}',
    '{"from":"2026-03-02","days":1.5}',
    '{"from":"2026-03-02","days":1,"unit":"WEEKS"}',
    '{"from":"2026-03-02","days":1,"pauses":[["2026-03-03"]]}',
    '{"from":"2026-03-02","days":1,"pauses":[["2026-03-03","2026-03-02"]]}',
    '{"from":"2026-03-02","days":1,"pause":[]}',
    '{"from":"2026-03-02","days":1,"days":2}',
    '{"from":"2026-03-02","days":1,"unit":"\\ud800"}',
    "[" * 100_000,
    " " * (3 << 20) + "{}",
]


class BeyondKnownYears(Exception):
    """The limit ends after the last day that chinesecalendar knows."""


def limit(days, start, unit, pauses):
    """The due date and the charged days of a limit, straight from the rule."""
    day = start
    counted = []

    def advance():
        nonlocal day
        day += DAY
        if day > LAST:
            raise BeyondKnownYears

    def paused():
        return any(pause < day <= resume for pause, resume in pauses)

    while len(counted) < days:
        advance()
        if not paused() and (unit == "NATURAL" or day in WORKING):
            counted.append(day)
    if unit == "NATURAL" and day not in WORKING:
        advance()
        while day not in WORKING or paused():
            advance()
    return day, counted


def random_question(generator):
    """A random limit, and its answer."""
    while True:
        start = generator.choice(ALL)
        unit = generator.choice(["WORKING", "NATURAL"])
        days = generator.choice([generator.randint(0, 10), generator.randint(0, 90)])
        pauses = []
        for _ in range(generator.choice([0, 0, 1, 1, 2, 3])):
            pause = start + DAY * generator.randint(-15, 60)
            pauses.append((pause, pause + DAY * generator.randint(0, 25)))
        try:
            due, counted = limit(days, start, unit, pauses)
        except BeyondKnownYears:
            continue
        question = {
            "from": start.isoformat(),
            "days": days,
            "unit": unit,
            "pauses": [[pause.isoformat(), resume.isoformat()] for pause, resume in pauses],
        }
        answer = {
            "due": due.isoformat(),
            "counted": [day.isoformat() for day in counted],
            "provisional": False,
        }
        return question, answer


def ask(banjie, lines):
    """What banjie answers to lines on its standard input, and its exit status."""
    result = subprocess.run(
        [banjie, "calendar", "due", "-"],
        input="".join(line + "\n" for line in lines).encode(),
        stdout=subprocess.PIPE,
        timeout=600,
        check=False,
    )
    return [json.loads(line) for line in result.stdout.splitlines()], result.returncode


def check_limits(banjie, count, seed):
    """The number of differences over random limits."""
    generator = random.Random(seed)
    questions, expected = zip(*(random_question(generator) for _ in range(count)))
    answers, status = ask(banjie, [json.dumps(question) for question in questions])
    differences = 0
    if status != 0 or len(answers) != count:
        print(f"{len(answers)} answers to {count} lines, exit status {status}")
        differences += 1
    for question, answer, right in zip(questions, answers, expected):
        if answer != right:
            differences += 1
            if differences <= 10:
                print(f"{json.dumps(question)}\n  expected {right}\n  got      {answer}")
    natural = sum(question["unit"] == "NATURAL" for question in questions)
    paused = sum(bool(question["pauses"]) for question in questions)
    print(f"{count} limits, {natural} of them natural, {paused} with pauses: {differences} differ")
    return differences


def check_bad_lines(banjie):
    """The number of bad lines that aren't answered as such."""
    good = '{"from":"2026-03-02","days":20}'
    lines = [line for bad in BAD_LINES for line in (bad, good)]
    answers, status = ask(banjie, lines)
    differences = 0
    if status != 65 or len(answers) != len(lines):
        print(f"{len(answers)} answers to {len(lines)} lines, exit status {status}")
        differences += 1
    for index, answer in enumerate(answers):
        if index % 2 == 0:
            right = list(answer) == ["error"] and f"{index + 1}" in answer["error"]
        else:
            right = answer.get("due") == "2026-03-30"
        if not right:
            differences += 1
            print(f"line {index + 1}, {lines[index][:80]}: got {answer}")
    print(f"{len(BAD_LINES)} bad lines: {differences} answered wrongly")
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--banjie", default=".build/debug/banjie", type=pathlib.Path)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    differences = check_limits(options.banjie, options.count, options.seed)
    differences += check_bad_lines(options.banjie)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
