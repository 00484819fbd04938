"""Fails if a public type of the crate has no example in its documentation.

    python3 tests/style/public_types.py              checks src/
    python3 tests/style/public_types.py --self-test  checks this check
"""
import pathlib
import re
import sys

ITEM = re.compile(r"pub (?:unsafe )?(?:struct|enum|trait|type|union) (\w+)")


def documented_types(source):
    """The public types of a file that are not hidden, each with whether its documentation has a code block."""
    found, docs, is_hidden = [], [], False
    for line in source.splitlines():
        text = line.strip()
        if text.startswith("///"):
            docs.append(text)
        elif text.startswith("#[doc(hidden)]"):
            is_hidden = True
        elif text.startswith(("#[", "//", ")]", "message =", "label =", "note =")):
            pass
        else:
            item = ITEM.match(line)
            if item and not is_hidden:
                found.append((item[1], any("```" in doc for doc in docs)))
            docs, is_hidden = [], False
    return found


def self_test():
    example = "/// Text.\n///\n/// ```\n/// f();\n/// ```\n"
    for source, expected in [
        ("/// Text.\n#[derive(Debug)]\npub struct A;\n", [("A", False)]),
        (example + "#[derive(Debug)]\npub struct A;\n", [("A", True)]),
        (example + "pub struct A;\n\n/// Text.\npub unsafe trait B {\n", [("A", True), ("B", False)]),
        ("/// Text.\n#[doc(hidden)]\npub enum C {}\n/// Text.\npub type D = u8;\n", [("D", False)]),
        ("/// Text.\npub(crate) struct E;\n    pub struct F: u8;\n", []),
    ]:
        assert documented_types(source) == expected, source


def main():
    if "--self-test" in sys.argv:
        self_test()
        return 0
    root = pathlib.Path(__file__).resolve().parents[2]
    count, missing = 0, []
    for path in sorted((root / "src").rglob("*.rs")):
        types = documented_types(path.read_text(encoding="utf-8"))
        count += len(types)
        missing += [f"{path.relative_to(root)}: `{name}` has no example" for name, has_example in types if not has_example]
    print("\n".join(missing) or f"public types: {count}, each with an example")
    return 1 if missing or count < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
