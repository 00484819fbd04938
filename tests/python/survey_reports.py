"""The reports to other projects, from the survey: a text for each kind of defect of each project.

Only errors are reported: a document says MUST, and the report cites it. Each program in a report ran
without the checker during the survey, and showed the defect.
"""

import re

BUFFER = "https://docs.python.org/3/c-api/buffer.html"
TYPEOBJ = "https://docs.python.org/3/c-api/typeobj.html#c.PyBufferProcs.bf_getbuffer"
RELEASE = "https://docs.python.org/3/c-api/typeobj.html#c.PyBufferProcs.bf_releasebuffer"

#: The kinds of defects, each with what the title says.
FAMILIES = {
    "refusal": "a refused request leaves the view or the exception wrong",
    "fields": "fields of the view are set or NULL against the request",
    "order": "a request for contiguous memory is granted on memory in another order",
    "lifetime": "memory moves or is freed while a view of it is held",
    "items": "the sizes that describe the items contradict each other",
    "writable": "a view is writable, or read-only, against the request",
    "crash": "requests crash the process",
}

REFUSE = (TYPEOBJ, "If not, raise BufferError, set view->obj to NULL and return -1.")
FIELDS = (f"{BUFFER}#buffer-request-types", "All Py_buffer fields are unambiguously defined by the request type.")
CONTIGUITY = (f"{BUFFER}#contiguity-requests", "C or Fortran contiguity can be explicitly requested, with and without stride information.")
VALID = (TYPEOBJ, "All memory pointed to in the Py_buffer structure belongs to the exporter and must remain valid until there are no consumers left.")
STEPS = (TYPEOBJ, "an implementation of this function MUST take these steps")
RESOURCES = (RELEASE, "Handle a request to release the resources of the buffer.")
WRITABLE = (f"{BUFFER}#c.PyBUF_WRITABLE", "If set, the exporter MUST provide a writable buffer or else report failure.")

#: For each rule the kind, and the words of CPython's documentation, with their address.
CITED = {
    "getbuffer.refuse.buffer-error": ("refusal", *REFUSE),
    "getbuffer.refuse.minus-one": ("refusal", *REFUSE),
    "getbuffer.refuse.obj-null": ("refusal", *REFUSE),
    "getbuffer.refuse.no-trace": ("refusal", *REFUSE),
    "getbuffer.signature": ("refusal", *STEPS),
    "getbuffer.one-request": ("fields", *FIELDS),
    "getbuffer.fill": ("fields", TYPEOBJ, "Fill in the requested fields."),
    "getbuffer.obj": ("lifetime", TYPEOBJ, "Set view->obj to exporter and increment view->obj."),
    "getbuffer.zero": ("refusal", TYPEOBJ, "Return 0."),
    "getbuffer.memory-stable": ("lifetime", *VALID),
    "exported.no-resize": ("lifetime", *VALID),
    "exported.no-request-during-change": ("lifetime", *VALID),
    "release.exceptions": ("lifetime", *RESOURCES),
    "release.signature": ("lifetime", *RESOURCES),
    "release.give-back": ("lifetime", *RESOURCES),
    "release.count-down": ("lifetime", RELEASE, "Decrement an internal counter for the number of exports."),
    "release.internal": ("lifetime", RELEASE, "The exporter MUST use the internal field to keep track of buffer-specific resources."),
    "release.copy-of-view": ("lifetime", RELEASE, "a consumer MAY pass a copy of the original buffer as the view argument."),
    "release.keeps-obj": ("lifetime", RELEASE, "This function MUST NOT decrement view->obj"),
    "exports.release-anywhere": ("lifetime", *RESOURCES),
    "field.obj.owned": ("lifetime", f"{BUFFER}#c.Py_buffer.obj", "A new reference to the exporting object."),
    "field.len.product": ("items", f"{BUFFER}#c.Py_buffer.shape", "Note that shape[0] * ... * shape[ndim-1] * itemsize MUST be equal to len."),
    "field.itemsize.one-item": ("items", f"{BUFFER}#c.Py_buffer.itemsize", "Same as the value of struct.calcsize() called on non-NULL format values."),
    "field.itemsize.without-format": ("items", f"{BUFFER}#c.Py_buffer.itemsize", "but itemsize still has the value for the original format."),
    "field.format.string": ("items", f"{BUFFER}#c.Py_buffer.format", "A NUL terminated string in struct module style syntax describing the contents of a single item."),
    "field.shape.extents": ("items", f"{BUFFER}#c.Py_buffer.shape", "Shape values are restricted to shape[n] >= 0."),
    "field.ndim.max": ("items", f"{BUFFER}#c.Py_buffer.ndim", "Exporters MUST respect this limit"),
    "field.ndim.zero": ("fields", f"{BUFFER}#c.Py_buffer.ndim", "In this case, shape, strides and suboffsets MUST be NULL."),
    "field.suboffsets.null": ("fields", f"{BUFFER}#c.Py_buffer.suboffsets", "If all suboffsets are negative (i.e. no de-referencing is needed), then this field must be NULL (the default value)."),
    "field.readonly.values": ("writable", f"{BUFFER}#c.Py_buffer.readonly", "An indicator of whether the buffer is read-only."),
    "request.nesting": ("fields", f"{BUFFER}#shape-strides-suboffsets", "Note that each flag contains all bits of the flags below it."),
    "request.fixed-fields": ("fields", f"{BUFFER}#request-independent-fields", "The following fields are not influenced by flags and must always be filled in with the correct values"),
    "request.no-degrade": ("fields", *FIELDS),
    "request.writable.grant-or-refuse": ("writable", *WRITABLE),
    "request.writable.consistent": ("writable", f"{BUFFER}#c.PyBUF_WRITABLE", "the choice MUST be consistent for all consumers."),
    "request.format.asked": ("fields", f"{BUFFER}#c.PyBUF_FORMAT", "If set, this field MUST be filled in correctly."),
    "request.format.not-asked": ("fields", f"{BUFFER}#c.PyBUF_FORMAT", "Otherwise, this field MUST be NULL."),
    "request.simple": ("fields", *FIELDS),
    "request.nd": ("fields", *FIELDS),
    "request.strides": ("fields", *FIELDS),
    "request.indirect": ("fields", *FIELDS),
    "request.no-strides-means-c": ("order", f"{BUFFER}#contiguity-requests", "Without stride information, the buffer must be C-contiguous."),
    "request.c-contiguous": ("order", *CONTIGUITY),
    "request.f-contiguous": ("order", *CONTIGUITY),
    "request.any-contiguous": ("order", *CONTIGUITY),
    "suboffsets.indirect-only": ("fields", *FIELDS),
    "suboffsets.trusted-pointers": ("lifetime", *VALID),
    "crash": ("crash", f"{BUFFER}#c.PyObject_GetBuffer", "If the exporter cannot provide a buffer of the exact type, it MUST raise BufferError"),
}

#: How PyBuffer_FillInfo refuses. It leaves obj as it was: a defect of CPython, not of its caller.
FILL_INFO = "BufferError: Object is not writable."

#: The fields of a crash, which breaks no single rule.
CRASH = {"rule": "crash", "request": None, "requests": 0}

HEAD = "<!-- Generated from the survey by tests/python/survey_pages.py. Do not edit it. -->\n"

#: What the rules of the book say, in short: the expectation beside the cited words.
SITE = "book/src"


def owner_of(exporter, finding, cell):
    """Whose defect it is. Nothing for what is not to be reported."""
    from_here = ("common_mistakes.", "growable.", "matrix.", "records.", "indirect.", "reexport.", "bytes_readonly.")
    if exporter.expression.startswith(from_here):
        return None
    if finding["rule"] == "getbuffer.refuse.obj-null" and cell.get("refusal") == FILL_INFO:
        return "CPython"
    return exporter.owner


def slug(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def gathered(survey):
    """For each owner and kind of defect: for each rule the exporters, each with the Pythons and the newest finding.

    A defect that the newest Python with this exporter does not show is fixed, and is left out.
    """
    from survey_exporters import all_rows

    found, newest = {}, {}
    for minor, column in survey["columns"].items():
        for exporter in all_rows():
            cell = column["cells"][exporter.name]
            if cell["state"] in ("examined", "crashes"):
                newest[exporter.name] = minor
            for finding in cell.get("findings", []):
                if finding["severity"] != "error":
                    continue
                finding = {**CRASH, "found": cell.get("why"), **{k: v for k, v in finding.items() if v is not None}}
                owner = owner_of(exporter, finding, cell)
                if owner is None:
                    continue
                family = CITED[finding["rule"]][0]
                rules = found.setdefault((owner, family), {})
                seen = rules.setdefault(finding["rule"], {}).setdefault(exporter.name, {"pythons": []})
                seen["pythons"].append(minor)
                seen.update(finding=finding, cell=cell, python=column["python"], common=column["common"])
    current = {}
    for key, rules in found.items():
        for rule, seen in rules.items():
            seen = {name: shown for name, shown in seen.items() if shown["pythons"][-1] == newest[name]}
            if seen:
                current.setdefault(key, {})[rule] = seen
    return current


def report(owner, family, rules):
    """The text: title, versions, what is expected, what was found, and a program."""
    lines = [HEAD, f"# {owner}: {FAMILIES[family]}", ""]
    for rule, seen in rules.items():
        _, address, quote = CITED[rule]
        # The exporter of the newest Python, and of those the first.
        name = max(seen, key=lambda name: [int(part) for part in seen[name]["python"].split(".")])
        shown = seen[name]
        finding, cell = shown["finding"], shown["cell"]
        versions = ", ".join(f"{package} {version}" for package, version in cell.get("versions", {}).items())
        listed = "" if rule == "crash" else f" bufferprocs lists this as the rule `{rule}`."
        where = f"request {finding['request']}" if finding["request"] else "no single request"
        more = f" and {finding['requests'] - 1} more" if finding["requests"] > 1 else ""
        requests = "" if rule == "crash" else f" ({where}{more})"
        lines += [f"## {rule}", ""]
        lines += [
            f"**Expected.** The documentation of CPython says: \"{quote}\" ([source]({address}))." + listed,
            "",
            f"**Found.** {shown_text(cell['type'])}: {shown_text(finding['found'])}{requests}.",
            "",
            f"**Versions.** CPython {shown['python']}{', ' + versions if versions else ''}.",
            "",
        ]
        lines += ["| exporter | Pythons |", "|---|---|"]
        lines += [f"| {other} | {', '.join(seen[other]['pythons'])} |" for other in seen]
        lines += [
            "",
            "**To reproduce.** This program needs nothing but the package. It ends with",
            f"`{finding['said']}`",
            "",
            "```python",
            f"{cell['setup']}\n{'' if rule == 'crash' else shown['common']}{finding['code']}",
            "```",
            "",
        ]
    return "\n".join(lines)


def shown_text(text):
    return re.sub(r"([|<*_\[\]\\`])", r"\\\1", text)


def reports(survey):
    """The texts by their names below the folder."""
    files, rows = {}, []
    for (owner, family), rules in sorted(gathered(survey).items(), key=lambda item: (item[0][0].lower(), item[0][1])):
        name = f"{slug(owner)}-{family}.md"
        files[name] = report(owner, family, rules)
        count = len({exporter for seen in rules.values() for exporter in seen})
        links = ", ".join(f"`{rule}`" for rule in rules)
        rows.append(f"| {owner} | [{FAMILIES[family]}]({name}) | {links} | {count} |")
    index = [HEAD, *INDEX, "| project | defect | rules | exporters |", "|---|---|---|---|", *rows, ""]
    files["README.md"] = "\n".join(index)
    return files


INDEX = """\
# Reports for other projects

Each file is a report that can be sent as it is: one kind of defect of one project, with the versions, the words of
CPython's documentation, and a program that shows it without this repository's checker. The programs ran when the
survey was made. A report is about the versions that it names, so try the newest one before you send it. Defects
that the newest Python with an exporter does not show are left out.

Two drafts are written by hand: [a section on buffers for PyO3's guide](draft-pyo3-guide.md), and
[notes on thread safety for CPython's documentation](draft-cpython-thread-safety.md).
""".splitlines() + [""]
