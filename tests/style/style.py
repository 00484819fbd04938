"""Finds phrasing that "How to write here" in CONTRIBUTING.md asks to avoid.

    style.py                        check every file against tests/style/baseline.txt
    style.py --list [NAME]          print all findings, or those of one pattern
    style.py --write                lower the baseline to what is found
    style.py --write --allow-more   write it even if a count rises
    style.py --self-test            check that the check itself works

It reads the prose of the repository: Markdown outside code, comments, and string literals that
hold a sentence. Text in `code font` is not checked, so a page can cite a phrase. The baseline
excuses old text. It stores one count for each file and pattern, because counts survive when lines
move. A file may not exceed its count, and a count may not be higher than what is found. A new file
has no allowance. `--allow-more` is for old text that moves to another file.
"""

import os
import re
import subprocess
import sys
from collections import Counter, namedtuple

from patterns import COLUMNS, PATTERNS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BASELINE = os.path.join(ROOT, "tests", "style", "baseline.txt")
# These files quote every phrase that the check looks for.
PATTERN_FILES = "tests/style/"

Finding = namedtuple("Finding", "path line pattern sentence")

# Reading

C_LIKE = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)|b?c?r(?P<hashes>#+)\".*?\"(?P=hashes)|\br\"[^\"]*\""
    r"|\"(?P<string>(?:\\.|[^\"\\])*)\"|'(?:\\[^\n']{1,9}|\\'|[^\\'\n])'",
    re.S,
)
HASH_LIKE = re.compile(
    r"(?P<comment>(?:^|(?<=\s))#[^\n]*)|\"\"\"(?P<doc>.*?)\"\"\"|'''.*?'''"
    r"|\"(?P<string>(?:\\.|[^\"\\\n])*)\"|'(?P<other>(?:\\.|[^'\\\n])*)'",
    re.S | re.M,
)
KINDS = {"rs": C_LIKE, "c": C_LIKE, "h": C_LIKE, "cpp": C_LIKE, "md": None}
KINDS.update(dict.fromkeys(["py", "pyi", "pyx", "toml", "sh", "yml", "run"], HASH_LIKE))
A_SENTENCE = re.compile(r"[A-Za-z]+,? [a-z]+,? [a-z]+")


def kind(path):
    return os.path.basename(path).rsplit(".", 1)[-1]


def lines_of_prose(path, text):
    """Yields (line, text, is a comment) for each line of prose, and None as text between parts."""
    language = KINDS[kind(path)]
    if language is None:
        yield from ((number, line, False) for number, line in enumerate(text.split("\n"), 1))
        return
    last = None
    for match in language.finditer(text):
        comment = match["comment"]
        prose = comment or next((text for text in match.groupdict().values() if text), "")
        if not comment and not A_SENTENCE.search(prose):
            continue
        number = text.count("\n", 0, match.start()) + 1
        if not comment or number - 1 != last:
            yield number, None, False
        for number, line in enumerate(prose.split("\n"), number):
            if comment:
                line = re.sub(r"^\s*(?://[/!]?|#!?|/\*+|\*+/?)", "", line)
            yield number, line, bool(comment)
        last = number if comment else None


def blocks(path, text):
    """Yields each paragraph and each row of a table, as a list of (line, text)."""
    block, fenced = [], False
    for number, line, _ in lines_of_prose(path, text):
        if line is None:
            fenced = False
        plain = (line or "").strip()
        fence = plain.startswith(("```", "~~~"))
        fenced ^= fence
        ends = not plain or fence or fenced
        if ends or re.match(r"[-*|#>]|\d+\. |r\[|\{\{", plain):
            if block:
                yield block
            block = []
        if not ends:
            block.append((number, plain))
    if block:
        yield block


def without_code(text):
    """Blanks out code, link targets and emphasis, and keeps the length of the text."""
    text = re.sub(r"(`+).+?\1", lambda found: "x" * len(found[0]), text)
    text = re.sub(r"\]\([^)\s]*\)|\]\[[^]\s]*\]|<[^>\s]*>", lambda found: " " * len(found[0]), text)
    return re.sub(r"[*\[\]]", " ", text)


def wide(path, text):
    rows = text.split("\n")
    for number, line, comment in lines_of_prose(path, text):
        unbreakable = line and ("://" in line or line.strip().startswith("|"))
        if comment and not unbreakable and len(rows[number - 1].rstrip()) > COLUMNS:
            yield Finding(path, number, "wide", rows[number - 1].strip())


def findings(path, text):
    """All findings in a file, in the order of the lines."""
    found = list(wide(path, text))
    for block in blocks(path, text):
        whole = " ".join(line for _, line in block)
        cleaned = without_code(whole)
        for name, pattern in PATTERNS.items():
            for match in pattern.regex.finditer(cleaned) if pattern.regex else ():
                at = match.start() + len(match[0]) - len(match[0].lstrip())
                start = max(cleaned.rfind(mark, 0, at) for mark in (". ", "? ", "! ", "| ")) + 2
                end = re.search(r"[.?!|](?=\s|$)|$", cleaned[match.end() - 1 :]).end()
                passed, line = -1, block[0][0]
                for line, part in block:
                    passed += len(part) + 1
                    if at < passed:
                        break
                sentence = whole[start if start > 1 else 0 : match.end() - 1 + end]
                found.append(Finding(path, line, name, sentence.strip()))
    return sorted(found)


def repository():
    """Yields path and text of each file with prose, also of files that are not committed yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    for path in sorted(set(listed.stdout.decode().split("\0"))):
        place = os.path.join(ROOT, path)
        if kind(path) in KINDS and not path.startswith(PATTERN_FILES) and os.path.exists(place):
            with open(place, encoding="utf-8") as file:
                yield path, file.read()


# Comparing


def key_of(finding):
    return finding.path, finding.pattern


def count(found):
    return Counter(map(key_of, found))


def compare(found, allowed):
    """The problems as lines of a report: an empty list if the baseline fits."""
    problems, counts = [], count(found)
    for key in sorted(counts.keys() | allowed.keys()):
        path, name = key
        if counts[key] > allowed[key]:
            problems.append(f"{path}: {counts[key]} of `{name}`, {allowed[key]} allowed")
            for finding in found:
                if key_of(finding) == key:
                    problems.append(f"  {path}:{finding.line}: {finding.sentence}")
            problems.append(f"    why: {PATTERNS[name].why}; write: {PATTERNS[name].instead}")
        elif counts[key] < allowed[key]:
            problems.append(
                f"{path}: {counts[key]} of `{name}`, but the baseline allows {allowed[key]}: "
                "run `python3 tests/style/style.py --write` to lower it"
            )
    return problems


def lowered(found, allowed, allow_more):
    """The new baseline, and the keys of counts that rise although they must not."""
    counts = count(found)
    raised = [key for key in sorted(counts) if counts[key] > allowed[key] and not allow_more]
    return counts, raised


def read_baseline():
    allowed = Counter()
    if os.path.exists(BASELINE):
        with open(BASELINE, encoding="utf-8") as file:
            for line in file:
                number, name, path = line.rstrip("\n").split(" ", 2)
                allowed[path, name] = int(number)
    return allowed


def write_baseline(counts):
    with open(BASELINE, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{counts[key]} {key[1]} {key[0]}\n" for key in sorted(counts))


def self_test():
    shapes = [("a.md", "{}"), ("a.md", "- {}"), ("a.rs", "/// {}"), ("a.rs", 'panic!("{}")')]
    shapes += [("a.py", "# {}"), ("a.py", 'fail("{}")'), ("a.c", "/* {} */"), ("run", "x # {}")]
    hidden = [("a.md", "`{}`"), ("a.md", "```\n{}\n```"), ("a.rs", "/// ```\n/// {}\n/// ```")]
    files = dict(repository())
    copied = [(path, files[path]) for path in ("README.md", "src/lib.rs", ".ci/run")]
    cases = 0
    for name, pattern in PATTERNS.items():
        for path, shape in [("a.rs", "{}")] if name == "wide" else shapes:
            for bad in pattern.bad:
                found = findings(path, shape.format(bad))
                assert name in [finding.pattern for finding in found], (name, shape, bad)
            for better in pattern.better:
                assert not findings(path, shape.format(better)), (name, shape, better)
            cases += len(pattern.bad) + len(pattern.better)
        for path, shape in [] if name == "wide" else hidden:
            assert not findings(path, shape.format(pattern.bad[0])), (name, shape)
        for path, text in copied:
            if name == "wide" and path.endswith(".md"):
                continue
            mark = {"md": "", "rs": "" if name == "wide" else "// ", "run": "# "}[kind(path)]
            allowed = count(findings(path, text))
            assert not compare(findings(path, text), allowed)
            worse = findings(path, f"{text}\n\n{mark}{pattern.bad[0]}\n")
            last = text.count("\n") + 3
            assert any(f"{path}:{last}: " in line for line in compare(worse, allowed)), (name, path)
            assert (path, name) in lowered(worse, allowed, False)[1], (name, path)
            assert not lowered(worse, allowed, True)[1], (name, path)
            # A file that is new has no allowance, and no file has more than it needs.
            assert compare(worse, Counter()), (name, path)
            assert compare(findings(path, text), allowed + Counter([(path, name)])), (name, path)
            cases += 5
    print(f"style: the self-test passed {cases} cases for {len(PATTERNS)} patterns")


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    files = dict(repository())
    found = [finding for path, text in files.items() for finding in findings(path, text)]
    allowed = read_baseline()
    if arguments[:1] == ["--list"]:
        for finding in found:
            if finding.pattern in (arguments[1:] or PATTERNS):
                print(f"{finding.path}:{finding.line}: {finding.pattern}: {finding.sentence}")
    elif arguments in (["--write"], ["--write", "--allow-more"]):
        counts, raised = lowered(found, allowed, "--allow-more" in arguments)
        if raised:
            relevant = [finding for finding in found if key_of(finding) in raised]
            lines = compare(relevant, Counter({key: allowed[key] for key in raised}))
            sys.exit("\n".join(lines) + "\nnot written: these counts would rise")
        write_baseline(counts)
        print(f"style: the baseline allows {sum(counts.values())} findings")
    elif arguments:
        sys.exit(__doc__)
    else:
        problems = compare(found, allowed)
        if problems:
            sys.exit("\n".join(problems) + '\nSee "How to write here" in CONTRIBUTING.md.')
        print(f"style: {len(files)} files, nothing new; {len(found)} old findings are excused")


if __name__ == "__main__":
    main(sys.argv[1:])
