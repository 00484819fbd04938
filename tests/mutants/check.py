"""Compares the mutants that survived with the reasons in reasons.txt beside this file.

    check.py PACKAGE LIST OUT...   check the runs of cargo-mutants in the folders OUT
    check.py --self-test           check that the check itself works

PACKAGE is the copy of the package that was changed, and LIST is what `cargo mutants --list --json`
prints for all files. Exit status 1 if a survivor has no reason, or if a reason names a mutant that
does not exist or that a test notices.

A timeout counts as noticed: an endless loop does not pass CI. A reason may name such a mutant all
the same, because a slow machine also causes timeouts.

A mutant is named by its file, its function and its change. Several mutants can share these. Then
the text of the source line follows, and if several of them are in this line, their numbers from
left to right. No name holds a line number, so that a reason stays valid when code moves.
"""

import json
import os
import re
import sys
from collections import Counter, namedtuple

REASONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reasons.txt")
KINDS = ("equivalent", "speed", "miri")

#: `number` counts the mutants of one text and change in a file, from 1.
Mutant = namedtuple("Mutant", "file change text number")
Reason = namedtuple("Reason", "line kind sentence file change text numbers")


class Mistake(Exception):
    """The reasons or the runs cannot be read."""


# Reading


def read_reasons(text):
    """The reasons, one for each mutant that the file names or for each of its lines of source."""
    reasons, kind, sentence, named, whole = [], None, "", None, False

    def end():
        # A name without a line of source is a reason by itself.
        if whole:
            reasons.append(Reason(*named, "", ()))

    for number, line in enumerate(text.split("\n"), 1):
        indent, line = len(line) - len(line.lstrip()), line.strip()
        if not line or line.startswith("#"):
            continue
        if indent not in (0, 2, 4, 8):
            raise Mistake(f"line {number}: indented by {indent}")
        if indent < 8:
            end()
            whole = False
        if indent == 0:
            kind, _, sentence = (part.strip() for part in line.partition(":"))
            named = None
            if kind not in KINDS:
                raise Mistake(f"line {number}: a reason begins with one of {', '.join(KINDS)}")
        elif kind is None:
            raise Mistake(f"line {number}: no reason comes before this")
        elif indent == 2:
            sentence += " " + line
        elif indent == 4:
            file, colon, change = line.partition(": ")
            if not colon or not file.endswith(".rs"):
                raise Mistake(f"line {number}: expected `FILE: CHANGE`")
            if len(sentence.split()) < 4:
                raise Mistake(f"line {number}: the reason needs a sentence")
            named, whole = (number, kind, sentence, file, change), True
        elif named is None:
            raise Mistake(f"line {number}: no mutant comes before this")
        else:
            numbers, line = re.fullmatch(r"(?:\(([\d, ]+)\) )?(.*)", line).groups()
            numbers = tuple(int(each) for each in numbers.split(",")) if numbers else ()
            reasons.append(Reason(number, *named[1:], line, numbers))
            whole = False
    end()
    return reasons


def identify(listed, line_of):
    """Maps each name that cargo-mutants gives to a `Mutant`. `line_of(file, number)` is a line."""
    seen, found = Counter(), {}

    def position(mutant):
        start = mutant["span"]["start"]
        return mutant["file"], start["line"], start["column"]

    for mutant in sorted(listed, key=position):
        file, line, _ = position(mutant)
        change = re.fullmatch(r"[^:]*:\d+:\d+: (.*)", mutant["name"]).group(1)
        key = (file, change, line_of(file, line).strip())
        seen[key] += 1
        found[mutant["name"]] = Mutant(*key, seen[key])
    return found


def outcomes_of(folder):
    """Yields the name of each mutant that was run there, and what came of it."""
    try:
        with open(os.path.join(folder, "mutants.out", "outcomes.json"), encoding="utf-8") as file:
            outcomes = json.load(file)["outcomes"]
    except FileNotFoundError:
        return  # a shard without mutants
    for outcome in outcomes:
        if outcome["scenario"] != "Baseline":
            yield outcome["scenario"]["Mutant"]["name"], outcome["summary"]


# Comparing


def as_written(mutant, mutants):
    """A mutant as the file of reasons names it."""
    name = f"    {mutant.file}: {mutant.change}"
    alike = [other for other in mutants if other[:2] == mutant[:2]]
    if len(alike) == 1:
        return name
    alike = [other for other in alike if other.text == mutant.text]
    number = "" if len(alike) == 1 else f"({mutant.number}) "
    return f"{name}\n        {number}{mutant.text}"


def named_by(reason, mutants):
    """The mutants that a reason names, and what is wrong with its name."""
    found = [each for each in mutants if each[:2] == (reason.file, reason.change)]
    if not found:
        return [], "no such mutant exists"
    if not reason.text:
        wrong = f"{len(found)} mutants have this name: add the text of the line"
        return (found, "") if len(found) == 1 else ([], wrong)
    found = [each for each in found if each.text == reason.text]
    if not found:
        return [], f"no such mutant exists in a line `{reason.text}`"
    if not reason.numbers:
        wrong = f"{len(found)} mutants are in this line: add their numbers"
        return (found, "") if len(found) == 1 else ([], wrong)
    missing = set(reason.numbers) - {each.number for each in found}
    if missing:
        return [], f"only {len(found)} such mutants are in this line"
    return [each for each in found if each.number in reason.numbers], ""


def compare(reasons, mutants, outcomes):
    """What is wrong, as lines; and how many survivors have a reason of each kind."""
    problems, given = [], {}

    def about(reason, what):
        return f"reasons.txt:{reason.line}: {reason.file}: {reason.change}: {what}"

    for reason in reasons:
        found, wrong = named_by(reason, mutants)
        if wrong:
            problems.append(about(reason, wrong))
        for mutant in found:
            if mutant in given:
                problems.append(about(reason, "a second reason"))
            given[mutant] = reason
    excused = Counter()
    for mutant, outcome in outcomes.items():
        if outcome == "MissedMutant" and mutant in given:
            excused[given[mutant].kind] += 1
        elif outcome == "MissedMutant":
            problems.append(f"a survivor without a reason:\n{as_written(mutant, mutants)}")
        elif outcome in ("CaughtMutant", "Unviable") and mutant in given:
            problems.append(about(given[mutant], f"no survivor: {outcome}"))
    return problems, excused


def check(package, listed, folders):
    lines = {}

    def line_of(file, number):
        if file not in lines:
            with open(os.path.join(package, file), encoding="utf-8") as source:
                lines[file] = source.read().split("\n")
        return lines[file][number - 1]

    with open(listed, encoding="utf-8") as file:
        mutants = identify(json.load(file), line_of)
    outcomes = {}
    for folder in folders:
        for name, outcome in outcomes_of(folder):
            if name not in mutants:
                raise Mistake(f"{folder} has a run of another source: {name}")
            outcomes[mutants[name]] = outcome
    with open(REASONS, encoding="utf-8") as file:
        problems, excused = compare(read_reasons(file.read()), mutants.values(), outcomes)
    counts = Counter(outcomes.values())
    survivors = ", ".join(f"{excused[kind]} {kind}" for kind in KINDS)
    print(
        f"mutants: {len(outcomes)} of {len(mutants)} were run; {counts['CaughtMutant']} fail a test, "
        f"{counts['Timeout']} take too long, {counts['Unviable']} do not compile, "
        f"{counts['MissedMutant']} survive; with a reason: {survivors}"
    )
    return problems


# The self-test


def self_test():
    source = {"src/a.rs": ["fn one() { a | b | c }", "fn two() { a | d }", "fn three() {}"]}

    def listed(line, column, change):
        start = {"line": line, "column": column}
        name = f"src/a.rs:{line}:{column}: {change}"
        return {"file": "src/a.rs", "name": name, "span": {"start": start}}

    or_one, or_two = "replace | with ^ in one", "replace | with ^"
    everything = [
        listed(1, 18, or_one),
        listed(1, 14, or_one),
        listed(1, 14, or_two),
        listed(2, 14, or_two),
        listed(3, 1, "replace three with ()"),
    ]
    mutants = identify(everything, lambda file, line: source[file][line - 1])
    left, right, lone, lower, three = (
        mutants[f"src/a.rs:{place}: {change}"]
        for place, change in [
            ("1:14", or_one),
            ("1:18", or_one),
            ("1:14", or_two),
            ("2:14", or_two),
            ("3:1", "replace three with ()"),
        ]
    )
    assert (left.number, right.number, lone.number) == (1, 2, 1)
    cases = 0

    def case(text, outcomes, *expected):
        nonlocal cases
        problems, _ = compare(read_reasons(text), mutants.values(), outcomes)
        assert len(problems) == len(expected), problems
        for problem, part in zip(problems, expected):
            assert part in problem, (problem, part)
        cases += 1

    def wrong(text, expected):
        nonlocal cases
        try:
            read_reasons(text)
        except Mistake as mistake:
            assert expected in str(mistake), mistake
        else:
            raise AssertionError(f"no mistake in {text!r}")
        cases += 1

    missed, caught, late, unviable = "MissedMutant", "CaughtMutant", "Timeout", "Unviable"
    head = "# a comment\nequivalent: The bits are\n  never the same.\n"
    named = {mutant: head + as_written(mutant, mutants.values()) for mutant in mutants.values()}
    for mutant, text in named.items():
        # Each form of a name means this mutant alone.
        case(text, {mutant: missed})
        case("", {mutant: missed}, "a survivor without a reason")
        case(text, {mutant: caught}, "no survivor: CaughtMutant")
        case(text, {mutant: unviable}, "no survivor: Unviable")
        case(text, {mutant: late})
        case("", {mutant: late})
        case(text, {})
        for other in mutants.values():
            if other != mutant:
                case(text, {other: missed}, "a survivor without a reason")
        case(text + "\n" + as_written(mutant, mutants.values()), {}, "a second reason")
    assert named[three].count("\n") == 3 and "(2) fn one" in named[right]
    assert named[lower].endswith("\n        fn two() { a | d }")
    both = f"{head}    src/a.rs: {or_one}\n        (1, 2) {source['src/a.rs'][0]}"
    case(both, {left: missed, right: missed})
    lines = f"{head}    src/a.rs: {or_two}\n        {lone.text}\n        {lower.text}"
    case(lines, {lone: missed, lower: missed})
    case(f"{head}    src/a.rs: {or_one}", {}, "2 mutants have this name")
    case(f"{head}    src/a.rs: {or_one}\n        {left.text}", {}, "2 mutants are in this line")
    case(f"{head}    src/a.rs: {or_one}\n        (3) {left.text}", {}, "only 2 such")
    case(f"{head}    src/a.rs: {or_one}\n        fn moved() {{}}", {}, "no such mutant exists in")
    case(f"{head}    src/b.rs: {or_one}", {}, "no such mutant exists")
    case(f"{head}    src/a.rs: replace four with ()", {}, "no such mutant exists")
    wrong("because: I said so, and more.", "begins with one of")
    wrong("speed: faster\n    src/a.rs: x", "needs a sentence")
    wrong("    src/a.rs: x", "no reason comes before")
    wrong(f"{head}    src/a.rs", "expected `FILE: CHANGE`")
    wrong(f"{head}        fn one()", "no mutant comes before")
    wrong(f"{head}   src/a.rs: x", "indented by 3")
    problems, excused = compare(read_reasons(both), mutants.values(), {left: missed, right: late})
    assert not problems and excused == {"equivalent": 1}
    print(f"mutants: the self-test passed {cases} cases")


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) < 3:
        sys.exit(__doc__)
    try:
        problems = check(arguments[0], arguments[1], arguments[2:])
    except Mistake as mistake:
        sys.exit(f"not checked: {mistake}")
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main(sys.argv[1:])
