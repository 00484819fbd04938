"""Writes the pages and the reports of the survey from `book/src/survey.json`, or compares them with it.

    survey_pages.py                         compare, and name the files that differ
    survey_pages.py --write                 write
    survey_pages.py --merge COLUMN.json...  put columns into survey.json, and write
"""

import copy
import hashlib
import json
import os
import re
import sys
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from survey_exporters import KINDS  # noqa: E402
from survey_reports import FILL_INFO, reports, slug  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))
SURVEY = "book/src/survey.json"
PAGE = "book/src/survey.md"
REPORTS = "docs/upstream"
MARKS = ("<!-- table:begin -->\n\n", "\n<!-- table:end -->")
WORDS = ("error", "warning", "note")


def path(name):
    return os.path.join(ROOT, *name.split("/"))


def anchor(name):
    """As mdBook makes it of a heading."""
    kept = "".join(c for c in name.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def counted(number, word):
    return f"{number} {word}{'' if number == 1 else 's'}"


def minors(survey):
    return sorted(survey["columns"], key=lambda minor: int(minor.partition(".")[2]))


def cell(found):
    """What the table says of an exporter on a Python."""
    if found["state"] != "examined":
        return found["state"]
    severities = Counter(finding["severity"] for finding in found["findings"])
    errors, warnings = severities["error"], severities["warning"]
    text = f"{errors}+{warnings}" if warnings else str(errors) if errors else "ok"
    return f"{text}, no view" if found["granted"] == 0 else text


def page_of(kind):
    return f"survey-{slug(kind)}.md"


def table(survey, kind, exporters, page):
    """The table of a kind. Its links lead to sections of this page."""
    columns = minors(survey)
    lines = [f"|exporter|{'|'.join(columns)}|", f"|---{'|---' * len(columns)}|"]
    for exporter in exporters:
        cells = [cell(survey["columns"][minor]["cells"][exporter.name]) for minor in columns]
        lines.append(f"|[{exporter.name}]({page}#{anchor(exporter.name)})|{'|'.join(cells)}|")
    return lines


def rules_broken(found):
    """The findings of a cell that belong to a rule, which a crash does not."""
    return [finding for finding in found.get("findings", []) if finding["rule"] is not None]


def by_rule(survey):
    """For each rule that is broken, how many exporters break it on some Python."""
    broken = {}
    for column in survey["columns"].values():
        for name, found in column["cells"].items():
            for finding in rules_broken(found):
                key = (WORDS.index(finding["severity"]), finding["rule"])
                broken.setdefault(key, set()).add(name)
    lines = ["## By rule", "", "|rule|level|exporters|", "|---|---|---|"]
    for (severity, rule), names in sorted(broken.items()):
        lines.append(f"|[r:{rule}]|{WORDS[severity]}|{len(names)}|")
    return lines


def on(those, all_of_them):
    """As in `on 3.9 to 3.11 and 3.13`."""
    if those == all_of_them:
        return ""
    runs = []
    for minor in those:
        place = all_of_them.index(minor)
        if runs and runs[-1][-1] == all_of_them[place - 1] and place:
            runs[-1].append(minor)
        else:
            runs.append([minor])
    texts = [run[0] if len(run) == 1 else f"{run[0]} {'to' if len(run) > 2 else 'and'} {run[-1]}" for run in runs]
    return ", on " + " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 2 else texts)


def escaped(text):
    return re.sub(r"([|<*_\[\]\\`])", r"\\\1", text)


def section(exporter, survey):
    """What is known of an exporter: the command, the versions, what was found."""
    columns = minors(survey)
    cells = {minor: survey["columns"][minor]["cells"][exporter.name] for minor in columns}
    newest = next((cells[minor] for minor in reversed(columns) if "command" in cells[minor]), None)
    lines = [f"## {exporter.name}", ""]
    if newest is None:
        return [*lines, f"Not examined: {cells[columns[-1]]['state']} on each Python.", ""]
    commands = [newest[key] for key in ("install", "command") if key in newest]
    lines += ["```console", *(f"$ {command}" for command in commands), "```", ""]
    versions = {}
    for minor in columns:
        found = cells[minor].get("versions")
        if found:
            text = ", ".join(f"{package} {version}" for package, version in found.items())
            versions.setdefault(text, []).append(minor)
    if versions:
        examined = [minor for minor in columns if cells[minor].get("versions")]
        lines += ["; ".join(f"{text}{on(those, examined)}" for text, those in versions.items()) + ".", ""]
    examined = [minor for minor in columns if cells[minor]["state"] == "examined"]
    findings = {}
    for minor in examined:
        for finding in rules_broken(cells[minor]):
            count = f" and {finding['requests'] - 1} more" if finding["requests"] > 1 else ""
            where = f"request `{finding['request']}`{count}" if finding["request"] else "no single request"
            by = ""
            if finding["rule"] == "getbuffer.refuse.obj-null" and cells[minor].get("refusal") == FILL_INFO:
                by = "; the refusal is that of PyBuffer_FillInfo"
            text = f"- {finding['severity']}, [r:{finding['rule']}]: {escaped(finding['found'])}"
            key = (WORDS.index(finding["severity"]), finding["rule"], text, escaped(by))
            findings.setdefault(key, []).append((minor, where))
    for (_, _, text, by), seen in sorted(findings.items()):
        lines.append(f"{text} ({seen[-1][1]}{by}){on([minor for minor, _ in seen], examined)}")
    if examined and not findings:
        lines.append("Nothing.")
    others = {}
    for minor in columns:
        found = cells[minor]
        if found["state"] != "examined":
            others.setdefault(f"{found['state']}: {escaped(found['why'])}" if "why" in found else found["state"], []).append(minor)
        elif found["granted"] == 0:
            why = f": {escaped(found['why'])}" if "why" in found else ""
            others.setdefault(f"no request was granted{why}", []).append(minor)
        for why in found.get("rejected", []):
            others.setdefault(f"an input proved nothing: {escaped(why)}", []).append(minor)
    lines += ["", *(f"- {text}{on(those, columns)}" for text, those in others.items())] if others else []
    return [*lines, ""]


def details(survey, kind, exporters):
    """The page of a kind."""
    owners = list(dict.fromkeys(exporter.owner for exporter in exporters))
    names = ", ".join(owners[:-1]) + f" and {owners[-1]}" if len(owners) > 1 else owners[0]
    lines = [f"# Survey: {kind}", "", f"These are the exporters of {names}.", *DETAILS, "", *table(survey, kind, exporters, ""), ""]
    for exporter in exporters:
        lines += section(exporter, survey)
    return "\n".join(lines).rstrip() + "\n"


DETAILS = """\
For each one this page has the command that examines it, the versions of its packages, and the rules that it breaks.
[How real exporters fare](survey.md) explains the tables. The command is that of the newest Python that has the exporter.

An error is a rule of level MUST that is broken, a warning one of level SHOULD. A note is a rule that is disputed, or one that
CPython's exporters keep although no document demands it. Add `--snippets` to a command to get a program that shows each finding
without the checker.""".splitlines()


def overview(survey):
    columns = minors(survey)
    newest = [f"{survey['columns'][minor]['python']}" for minor in columns]
    dates = sorted({survey["columns"][minor]["date"] for minor in columns})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    system = survey["columns"][columns[-1]]["system"]
    count = sum(len(exporters) for _, exporters in KINDS)
    lines = [f"{count} exporters, examined on {when} with CPython {', '.join(newest)} on {system}.", ""]
    for kind, exporters in KINDS:
        lines += [f"## {kind}", "", *table(survey, kind, exporters, page_of(kind)), ""]
    return "\n".join([*lines, *by_rule(survey)]) + "\n"


def put_between(name, generated):
    """The text of a page with another generated part."""
    with open(path(name), encoding="utf-8") as file:
        text = file.read()
    before, begin, rest = text.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not begin or not end:
        sys.exit(f"{name} lacks its marks")
    return before + MARKS[0] + generated + MARKS[1] + after


def wanted(survey):
    """Each file that comes from the survey, with its text."""
    files = {PAGE: put_between(PAGE, overview(survey))}
    files.update({f"book/src/{page_of(kind)}": details(survey, kind, exporters) for kind, exporters in KINDS})
    files.update({f"{REPORTS}/{name}": text for name, text in reports(survey).items()})
    return files


def generated_reports():
    """Those that are there. Other texts in the folder are written by hand."""
    found = []
    for folder, _, names in os.walk(path(REPORTS)):
        for name in names:
            full = os.path.join(folder, name)
            with open(full, encoding="utf-8") as file:
                if "Generated from the survey" in file.read(4000):
                    found.append(os.path.relpath(full, ROOT).replace(os.sep, "/"))
    return found


def places_of_texts(survey):
    """Each dictionary and key of a program's part. Most parts are the same on every Python."""
    for column in survey["columns"].values():
        yield column, "common"
        for found in column["cells"].values():
            if "setup" in found:
                yield found, "setup"
            for finding in found.get("findings", []):
                if "code" in finding:
                    yield finding, "code"


def load():
    """The survey. The file stores each part of a program once."""
    with open(path(SURVEY), encoding="utf-8") as file:
        survey = json.load(file)
    texts = survey.pop("texts")
    for place, key in places_of_texts(survey):
        place[key] = texts[place[key]]
    return survey


def merge(files):
    survey = load() if os.path.exists(path(SURVEY)) else {"columns": {}}
    for name in files:
        with open(name, encoding="utf-8") as file:
            column = json.load(file)
        unproved = [
            f"{exporter}: {finding['rule']}"
            for exporter, found in column["cells"].items()
            for finding in found.get("findings", [])
            if "code" in finding and finding["said"] is None
        ]
        if unproved:
            sys.exit(f"{name}: the checker accuses, and no program shows it: {'; '.join(unproved)}")
        survey["columns"]["3." + column["python"].split(".")[1]] = column
    names = [exporter.name for _, exporters in KINDS for exporter in exporters]
    for minor, column in survey["columns"].items():
        lacking = [name for name in names if name not in column["cells"]]
        if lacking:
            sys.exit(f"{minor} was not examined for {', '.join(lacking)}: run it again")
        column["cells"] = {name: column["cells"][name] for name in names}
    survey["columns"] = {minor: survey["columns"][minor] for minor in minors(survey)}
    with open(path(SURVEY), "w", encoding="utf-8") as file:
        file.write(written(survey))


def written(survey):
    """One line for each cell, so that a change shows which cell it is."""
    survey, texts, parts = copy.deepcopy(survey), {}, []
    for place, key in places_of_texts(survey):
        name = hashlib.sha256(place[key].encode()).hexdigest()[:12]
        texts[name] = place[key]
        place[key] = name
    for minor, column in survey["columns"].items():
        head = {key: value for key, value in column.items() if key != "cells"}
        text = json.dumps(head, ensure_ascii=False)[:-1] + ', "cells": {\n'
        rows = [
            f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(found, ensure_ascii=False)}"
            for name, found in column["cells"].items()
        ]
        parts.append(f"{json.dumps(minor)}: {text}" + ",\n".join(rows) + "\n}}")
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(text)}" for name, text in sorted(texts.items()))
    return '{"columns": {\n' + ",\n".join(parts) + '\n},\n"texts": {\n' + rows + "\n}}\n"


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--merge"]:
        merge(arguments[1:])
        arguments = ["--write"]
    survey = load()
    files = wanted(survey)
    stale = [name for name in generated_reports() if name not in files]
    if arguments == ["--write"]:
        for name in stale:
            os.unlink(path(name))
        for name, text in files.items():
            os.makedirs(os.path.dirname(path(name)), exist_ok=True)
            with open(path(name), "w", encoding="utf-8") as file:
                file.write(text)
    else:
        differing = list(stale)
        for name, text in files.items():
            try:
                with open(path(name), encoding="utf-8") as file:
                    if file.read() != text:
                        differing.append(name)
            except FileNotFoundError:
                differing.append(name)
        if differing:
            print(f"not as {SURVEY} has it: {', '.join(sorted(differing))}: run {sys.argv[0]} --write")
            sys.exit(1)
    cells = [found for column in survey["columns"].values() for found in column["cells"].values()]
    print(f"{len(cells)} cells, {len([name for name in files if name.startswith(REPORTS)]) - 1} reports")


if __name__ == "__main__":
    main()
