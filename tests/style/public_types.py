"""Fails if a public type of the crate has no example in its documentation.

    python3 tests/style/public_types.py              checks src/
    python3 tests/style/public_types.py --self-test  checks this check
"""
import pathlib
import re
import sys

ITEM = re.compile(r"pub (?:unsafe )?(?:struct|enum|trait|type|union) (\w+)")


def without_example(source):
    """The public types of a file whose documentation has no code block, unless it is hidden."""
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
            if item and not is_hidden and not any("```" in doc for doc in docs):
                found.append(item[1])
            docs, is_hidden = [], False
    return found


def self_test():
    example = "/// Text.\n///\n/// ```\n/// f();\n/// ```\n"
    assert without_example("/// Text.\n#[derive(Debug)]\npub struct A;\n") == ["A"]
    assert without_example(example + "#[derive(Debug)]\npub struct A;\n") == []
    assert without_example(example + "pub struct A;\n\n/// Text.\npub unsafe trait B {\n") == ["B"]
    assert without_example("/// Text.\n#[doc(hidden)]\npub enum C {}\n/// Text.\npub type D = u8;\n") == ["D"]
    assert without_example("/// Text.\npub(crate) struct E;\n    pub struct F: u8;\n") == []


def main():
    if "--self-test" in sys.argv:
        self_test()
        return 0
    root = pathlib.Path(__file__).resolve().parents[2]
    count, missing = 0, []
    for path in sorted((root / "src").rglob("*.rs")):
        source = path.read_text()
        count += len(ITEM.findall(source))
        missing += [f"{path.relative_to(root)}: `{name}` has no example" for name in without_example(source)]
    print("\n".join(missing) or f"public types: {count}, each with an example")
    return 1 if missing or count < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
