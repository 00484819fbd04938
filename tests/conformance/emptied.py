"""Empties one conformance check at a time in a copy of the package, and sees whether a test fails.

    emptied.py PACKAGE    a copy that may be written to
"""

import os
import re
import subprocess
import sys

FILES = ("fields", "requests", "refusals", "lifetimes", "chains")
CHECK = re.compile(r"pub\(super\) fn (\w+)\(evidence: &Evidence, findings: &mut Findings\) \{\n")
TEST = "every_fault_is_found_by_its_check_and_by_no_other"


def test(package):
    command = ["cargo", "test", "--quiet", "--test", "conformance"]
    return subprocess.run(command, cwd=package, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def main(package):
    folder = os.path.join(package, "src", "conformance")
    with open(os.path.join(folder, "checks.rs"), encoding="utf-8") as file:
        checks = set(re.findall(r"\b(?:" + "|".join(FILES) + r")::(\w+)\)", file.read()))
    whole = test(package)
    if whole.returncode != 0:
        sys.exit(f"the tests fail before anything is changed\n{whole.stdout}")
    emptied, unnoticed = set(), []
    for name in FILES:
        path = os.path.join(folder, f"{name}.rs")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for found in CHECK.finditer(text):
            if found.group(1) not in checks:
                continue
            end = text.index("\n}\n", found.end() - 1)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text[: found.end()] + "    let _ = (evidence, findings);" + text[end:])
            done = test(package)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            emptied.add(found.group(1))
            if done.returncode == 0 or f"{TEST} --- FAILED" not in done.stdout:
                unnoticed.append(found.group(1))
    print(f"{len(emptied)} of {len(checks)} checks emptied, {len(unnoticed)} without a failing test {unnoticed or ''}".rstrip())
    sys.exit(bool(unnoticed) or emptied != checks)


main(sys.argv[1])
