"""The phrases that style.py finds: why each is avoided, and what to write instead."""

import re
from collections import namedtuple

COLUMNS = 100

Pattern = namedtuple("Pattern", "regex why instead bad better")

START = r"(?:^|(?<=[.!?:;|]))\W*"  # of a sentence, also behind a bracket or an asterisk
END = r"(?=\s*(?:[.,;:)|]|$))"  # of a clause


def pattern(regex, why, instead, bad, better):
    """A blank in `regex` matches any white space; `bad` and `better` are for the self-test."""
    return Pattern(re.compile(regex.replace(" ", r"\s+")), why, instead, bad, better)


PATTERNS = {
    "who": pattern(
        START + r"[Ww]ho (?:\w+s|do not|will|can) (?![^.]{0,20}\bwh(?:at|ich)\b)[^?.|]*\."
        r"|\b[Ww]hoever\b",
        "the sentence has no noun for a subject",
        "name the subject: a consumer, the caller, code that …",
        ["Who asks for a run of bytes is refused a transpose.", "It is freed by whoever is last."],
        ["Requests for contiguous bytes fail on a transpose.", "Who owns the memory?"],
    ),
    "what": pattern(
        START + r"What (?!happens|matters|follows|remains|changed)(?:[^\s?.|]+ ){2,9}"
        r"(?:is|are|was|were|has|does|comes|stands|stays|gets) [^?.|]*\.",
        "the sentence starts with its object, or with a riddle",
        "start with the noun that `What` stands for",
        ["What a machine lacks is installed where that can be done."],
        ["Missing tools are installed where possible.", "What does a consumer see of the array?"],
    ),
    "nobody": pattern(
        r"\b(?:gives?|lets?|leaves?|tells?|that|which|what|than|to|by|of|for|where|while|when|since"
        r"|because|and) nobody\b|\b[Nn]obody's\b|" + START + r"[Nn]obody\b"
        r"|\b(?:until|unless|only if) somebody\b|\bsomebody's\b|\bsomebody else's\b",
        "it hides which part of the program is meant",
        "name the part: no other thread, no consumer, the vector",
        ["It gives nobody the vector to grow.", "Nobody writes the item now."],
        ["While a view exists, nothing can resize the vector.", "No thread writes the item now."],
    ),
    "stand": pattern(
        r"\b(?:[Ss]tands?|stood)\b(?!-)(?! (?:for|in for|in the way|out|up|alone|still)\b)",
        "`stand` is not a verb for data or text",
        "is, is stored, is written, points to",
        ["Its address stands in the slot.", "The table stands above."],
        ["The slot points to it.", "NULL stands for no shape.", "A stand-in has a count."],
    ),
    "amid": pattern(
        r"\b[Aa]mid(?:st)?\b",
        "archaic",
        "during, while … is in progress",
        ["A request amid a change is refused."],
        ["A request during a change is refused."],
    ),
    "meanwhile": pattern(
        r"\b[Mm]eanwhile\b",
        "the reader has to guess what lasts so long",
        "say it: while a view is held, until the release",
        ["The field is replaced or dropped meanwhile."],
        ["The field is replaced while a view is held."],
    ),
    "in-time": pattern(
        r"(?<!just\s)\bin time" + END,
        "the reader has to guess before what",
        "cleanly, before …",
        ["It leaves the flag out, and is refused in time."],
        ["It leaves the flag out and gets a clean refusal.", "It runs in time and space that fit."],
    ),
    "said": pattern(
        r"\b(?:is|are|was|were) said\b(?! to be\b)|\b(?:[Ww]ithout a word|speaks? of|tells? of)\b",
        "a program does not speak: the reader has to guess what it does",
        "reports, documents, covers, the message, the error",
        ["The view shows what was said.", "It is each version that the book speaks of."],
        ["The view shows the real error.", "The book covers each version."],
    ),
    "told": pattern(
        r"\b(?:[Uu]nless|without being|not been) told\b|\b[Tt]old (?:is|of|what|on|so|in its)\b"
        r"|\b(?:what|that) (?:is|are|was|were|can be) told\b|\b(?:is|are|was) told" + END,
        "clipped: the reader has to guess by which call or argument",
        "name the call, the argument or the report",
        ["NumPy reads doubles unless told.", "It knows all that is told of the exporter."],
        ["NumPy reads doubles by default.", "The linker is told to keep the symbol."],
    ),
    "asked-for": pattern(
        r"\b(?:is|are|was|were|been) asked for" + r"(?:" + END + r"| (?:anew|only|if|and|where)\b)",
        "clipped: the reader has to guess who asks",
        "the consumer requests …, the request has …",
        ["The strides are set where they were asked for."],
        ["The strides are set if the request has STRIDES.", "It was asked for a writable view."],
    ),
    "lend": pattern(
        r"\b(?:lends?|lent)" + r"(?:" + END + r"| (?:on|what|nothing|at all|for)\b)"
        r"|\b(?:is|are|was|were) lent\b",
        "clipped, and not the term of CPython's documentation",
        "export, expose",
        ["It keeps what it lends.", "The type shows how the object lends on what was lent."],
        ["It keeps what it exports.", "The problem lends itself to a table."],
    ),
    "none": pattern(
        r"(?<!there\s)(?<!There\s)\b(?:is|are|was|were) none\b(?! of (?:these|those|them)\b)",
        "clipped or archaic negation",
        "is not one, is not a …",
        ["A counter is none of it without the GIL.", "It fails where the string is none."],
        ["A counter is not atomic without the GIL.", "The list is empty if there are none."],
    ),
    "save": pattern(
        r", (?:save|but) (?:for|that|what)\b|\bbut for (?:what|the|those|one)\b",
        "archaic",
        "except, except that, apart from",
        ["No unsafe code, save for one call.", "All pass, but for the last."],
        ["No unsafe code except for one call.", "It is slow, but the caller needs it."],
    ),
    "mend": pattern(
        r"\b[Mm]end(?:s|ed|ing)?\b",
        "archaic",
        "fix, repair",
        ["Requests fail until a change mends it."],
        ["Requests fail until a mutation fixes it.", "The reviewer may recommend it."],
    ),
    "archaic": pattern(
        r"\b(?:[Aa]new|[Ll]ikewise|[Hh]eeds?|[Ll]est|[Hh]enceforth|[Hh]itherto|[Tt]hereof"
        r"|[Tt]herein|[Ww]hereof|[Ww]hence|[Tt]hence|[Nn]aught|[Uu]pon|its likes)\b",
        "archaic",
        "again, also, obeys, so that … not, its, from which, nothing, on",
        ["It writes the list anew.", "NumPy does not heed the flag."],
        ["It writes the list again.", "NumPy ignores the flag.", "The newer list wins."],
    ),
    "look": pattern(
        r"\b[Ll]ook(?:s|ed|ing)? (?:whether|if)\b|\b[Ww]ithout a look\b|\bTo look first\b",
        "not idiomatic",
        "check whether, without checking, unchecked",
        ["A consumer looks whether it is there.", "It is read without a look at the count."],
        ["A consumer checks whether it is there.", "Look at the list: it is short."],
    ),
    "ends-interpreter": pattern(
        r"\b(?:[Ee]nd(?:s|ed|ing)?) (?:the|an) interpreter\b",
        "vague: it hides that the program crashes",
        "crashes the interpreter, and the signal",
        ["A shape of NULL ends the interpreter."],
        ["A shape of NULL crashes the interpreter (SIGFPE).", "An abort ends the process."],
    ),
    "goes": pattern(
        r"\b(?:guard|view|object|owner|name|reference|value|array|field|buffer|exporter|consumer"
        r"|module|count) goes(?= (?:meanwhile|too|first|last)\b|\s*[,.;:)]|$)",
        "`go` does not say whether it is dropped, freed or released",
        "is dropped, is freed, is released",
        ["When the guard goes, the view is checked."],
        ["When the guard is dropped, the view is checked.", "The value goes to the caller."],
    ),
    "in-the-way": pattern(
        r"\b(?:is|are|was|were|stands?|be|is who|who is) in the way\b",
        "it hides the cause",
        "is still held, prevents it",
        ["Where a view is in the way, it raises BufferError."],
        ["It raises BufferError if a view is held."],
    ),
    "settles": pattern(
        r"\b[Tt]his (?:chapter|page|section|part|appendix) settles\b",
        "a page starts with the reader's problem, not with itself",
        "state the problem",
        ["This chapter settles who owns the memory."],
        ["A consumer may use the memory after the exporter is gone."],
    ),
    "nor": pattern(
        START + r"Nor\b",
        "a fragment: the verb is in another sentence",
        "a whole sentence: it does not … either",
        ["It allocates nothing. Nor what it calls."],
        ["It allocates nothing, and neither does what it calls."],
    ),
    "wide": Pattern(
        None,  # the function `wide` of style.py finds these
        f"comments wrap at {COLUMNS} columns",
        "wrap the line",
        ["// " + "word " * 20],
        ["// " + "word " * 19, "// https://example.org/" + "a" * 90, "// | a table " + "a" * 99],
    ),
}
