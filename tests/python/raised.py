"""What the scripts share that prove rules by assertions."""


def raised(call):
    """The type of what `call` raises, or None."""
    try:
        call()
    except Exception as error:
        return type(error)
    return None
